import Testing

@testable import MosaicAllocation

@Suite struct EvolutionSearchTests {
  static func problem(
    budget: Double = 0.65, steps: Int = 20, free: [Int] = [], boundaries: [Int]? = nil
  ) throws -> AllocationProblem {
    try AllocationProblem(
      model: .independent(LinearTrajectory(steps: steps).curves()),
      cost: evenCost(steps: steps, free: free), budget: budget, boundaries: boundaries)
  }

  /// Σ slope · sparsity²: convex and separable, so that the optimum follows from every level's own
  /// price.
  static let slopes: [Double] = [1, 3, 9, 20, 30, 25, 12, 6, 3, 2]

  static func error(_ sparsities: [Double]) -> Double {
    zip(slopes, sparsities).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
  }

  /// The least error of any candidate with so many levels in all, level by level where the next is
  /// cheapest: exact for convex separable errors.
  static func optimum(levels: Int, total: Int, unit: Double) -> [Int] {
    var best = Array(repeating: 0, count: slopes.count)
    for _ in 0..<total {
      let open = best.indices.filter { best[$0] < levels }
      guard
        let next = open.min(by: {
          slopes[$0] * Double(2 * best[$0] + 1) < slopes[$1] * Double(2 * best[$1] + 1)
        })
      else { break }
      best[next] += 1
    }
    return best
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func comesNearTheOptimum(seed: UInt64) throws {
    let search = EvolutionSearch(try Self.problem(), seed: seed)
    #expect(search.stages == (0..<10).map { 2 * $0..<2 * $0 + 2 })
    let result = try search.run { Self.error($0) }
    let first = try #require(result.history.first)
    // The first is uniform, of levels of one size.
    let total = first.levels.reduce(0, +)
    let unit = try #require(
      zip(first.sparsities, first.levels).first { $1 > 0 }.map { $0 / Double($1) })
    let best = Self.optimum(levels: 16, total: total, unit: unit)
    let least = Self.error(best.map { unit * Double($0) })
    #expect(result.error >= least * (1 - 1e-12))
    #expect(result.error <= least * 1.05)
    #expect(first.error > 1.5 * least)
    #expect(result.schedule.kind == .evolution)
    #expect(result.schedule.ranges.map(\.steps) == search.stages)
    #expect(Self.error(result.schedule.ranges.map(\.sparsity)) == result.error)
    #expect(abs(result.schedule.costShare - 0.65) <= 1e-9)
  }

  @Test func findsTheOptimumOfASmallSpace() throws {
    let problem = try Self.problem(boundaries: [0, 5, 10, 15])
    let search = EvolutionSearch(problem, levels: 6, evaluations: 400, seed: 9)
    let result = try search.run { Self.error($0) }
    var least = Double.infinity
    let total = try #require(result.history.first).levels.reduce(0, +)
    let unit = try #require(
      result.history[0].sparsities.indices.first { result.history[0].levels[$0] > 0 }.map {
        result.history[0].sparsities[$0] / Double(result.history[0].levels[$0])
      })
    for code in 0..<2401 {
      let levels = [code / 343, code / 49 % 7, code / 7 % 7, code % 7]
      guard levels.reduce(0, +) == total else { continue }
      least = min(least, Self.error(levels.map { unit * Double($0) }))
    }
    #expect(relative(result.error, least) <= 1e-12)
  }

  @Test func everyCandidateKeepsTheBudgetAndIsNew() throws {
    for free in [[], [19], [0, 7, 18, 19]] {
      let problem = try Self.problem(free: free)
      var asked: [[Double]] = []
      let search = EvolutionSearch(problem, evaluations: 120, seed: 4)
      let result = try search.run { sparsities in
        asked.append(sparsities)
        return Self.error(sparsities)
      }
      #expect(asked.count == 120)
      #expect(Set(result.history.map(\.levels)).count == 120)
      #expect(asked == result.history.map(\.sparsities))
      let weights = problem.cost.weights(of: search.stages)
      for sparsities in asked {
        let saved = zip(weights, sparsities).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(saved >= 0.35 - 1e-9)
        // Less than a level too much: 1/16 of 0.75 of a stage, a tenth of the run or less.
        #expect(saved <= 0.35 + 0.75 / 16 / 9)
        #expect(sparsities.allSatisfy { (0...0.75).contains($0) })
      }
      var best = Double.infinity
      for evaluation in result.history {
        best = min(best, evaluation.error)
        #expect(evaluation.best == best)
      }
      #expect(result.error == best)
    }
  }

  @Test func sparsitiesAreOfFewLevels() throws {
    let result = try EvolutionSearch(try Self.problem(), levels: 8, seed: 2).run { Self.error($0) }
    #expect(Set(result.history.flatMap(\.sparsities)).count <= 9)
  }

  @Test func theSeedDecides() throws {
    let search = EvolutionSearch(try Self.problem(), evaluations: 60, seed: 7)
    let first = try search.run { Self.error($0) }
    let second = try search.run { Self.error($0) }
    #expect(first.history == second.history)
    #expect(first.schedule == second.schedule)
    let other = try EvolutionSearch(try Self.problem(), evaluations: 60, seed: 8)
      .run { Self.error($0) }
    #expect(first.history != other.history)
  }

  @Test func fewEvaluationsAreKept() throws {
    for evaluations in [1, 5, 17] {
      let result = try EvolutionSearch(try Self.problem(), evaluations: evaluations, seed: 1)
        .run { Self.error($0) }
      #expect(result.history.count == evaluations)
    }
  }

  /// Two stages of three levels have few candidates: the search ends when it knows them.
  @Test func endsWhenThereIsNothingNew() throws {
    let problem = try Self.problem(boundaries: [0, 10])
    let result = try EvolutionSearch(problem, levels: 3, evaluations: 500, seed: 1)
      .run { Self.error($0) }
    #expect(result.history.count <= 4)
    #expect(relative(result.error, result.history.map(\.error).min() ?? 0) == 0)
  }

  @Test func aBudgetOfOneIsDense() throws {
    let result = try EvolutionSearch(try Self.problem(budget: 1), seed: 1).run { Self.error($0) }
    #expect(result.history.count == 1)
    #expect(result.schedule.sparsities == Array(repeating: 0, count: 20))
  }

  @Test func theHardestBudgetIsAllAtTheLimit() throws {
    let result = try EvolutionSearch(try Self.problem(budget: 1 - 0.9 * 0.75), seed: 1)
      .run { Self.error($0) }
    #expect(result.schedule.sparsities.allSatisfy { abs($0 - 0.75) <= 1e-9 })
  }

  @Test func errorsThatAreNoNumberStopIt() throws {
    let search = EvolutionSearch(try Self.problem(), seed: 1)
    #expect(throws: AllocationError.self) { try search.run { _ in .nan } }
  }
}
