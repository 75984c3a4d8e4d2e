import Testing

@testable import MosaicAllocation

@Suite struct RangeSegmentationTests {
  /// Every choice of `count` beginnings among `places`, the first being 0.
  static func everySegmentation(places: Int, count: Int) -> [[Int]] {
    guard count > 1 else { return [[0]] }
    return everySegmentation(places: places, count: count - 1).flatMap { begins in
      ((begins.last ?? 0) + 1..<max(places, (begins.last ?? 0) + 1)).map { begins + [$0] }
    }
  }

  /// The least error of all segmentations, each solved from every start.
  static func exhaustive(_ problem: AllocationProblem, count: Int) -> Double {
    let solver = ScheduleSolver(problem)
    return everySegmentation(places: problem.boundaries.count, count: count)
      .map { solver.thorough(problem.ranges(beginningAt: $0)).value }.min() ?? .infinity
  }

  static func problems() throws -> [AllocationProblem] {
    let trajectory = LinearTrajectory(steps: 20)
    let models =
      try ClosedFormTests.Correlation.allCases.map { try ClosedFormTests.model(trajectory, $0) }
      + (1...3).map { try randomModel(steps: 20, seed: $0) }
    return try models.map {
      try AllocationProblem(
        model: $0, cost: evenCost(steps: 20, free: [19]), budget: 0.6,
        boundaries: Array(stride(from: 0, to: 20, by: 2)))
    }
  }

  @Test(arguments: [2, 3, 4])
  func solverMatchesExhaustiveSearch(count: Int) throws {
    for problem in try Self.problems() {
      let solved = try ScheduleSolver(problem).solve(ranges: count)
      let least = Self.exhaustive(problem, count: count)
      #expect(relative(solved.clippedError, least) <= 1e-7)
      #expect(solved.ranges.count == count)
      #expect(solved.ranges.allSatisfy { $0.lowerBound.isMultiple(of: 2) })
    }
  }

  @Test(arguments: [3, 4])
  func dynamicProgrammingMatchesExhaustiveSearch(count: Int) throws {
    for problem in try Self.problems() {
      let segmentation = RangeSegmentation(
        solver: ScheduleSolver(problem), count: count, exhaustiveLimit: 0)
      let least = Self.exhaustive(problem, count: count)
      #expect(relative(segmentation.best().value, least) <= 1e-7)
    }
  }

  /// Beginnings at every step, 969 segmentations.
  @Test func dynamicProgrammingMatchesExhaustiveSearchAtEveryStep() throws {
    for model in try [
      ClosedFormTests.model(LinearTrajectory(steps: 20), .independent),
      ClosedFormTests.model(LinearTrajectory(steps: 20), .decaying),
    ] {
      let problem = try AllocationProblem(
        model: model, cost: evenCost(steps: 20), budget: 0.67)
      let segmentation = RangeSegmentation(
        solver: ScheduleSolver(problem), count: 3, exhaustiveLimit: 0)
      let least = Self.exhaustive(problem, count: 3)
      #expect(relative(segmentation.best().value, least) <= 1e-7)
    }
  }

  @Test func oneRangeAndOneAStep() throws {
    let problem = try AllocationProblem(
      model: randomModel(steps: 12, seed: 3), cost: evenCost(steps: 12), budget: 0.7)
    let one = try ScheduleSolver(problem).solve(ranges: 1)
    #expect(one.ranges.map(\.steps) == [0..<12])
    #expect(abs(one.ranges[0].sparsity - 0.3 / 0.9) <= 1e-9)
    let all = try ScheduleSolver(problem).solve(ranges: 12)
    #expect(all.ranges.count == 12)
    #expect(all.clippedError < one.clippedError)
  }

  @Test(arguments: [4, 6, 10])
  func fiftyStepsAreSolved(count: Int) throws {
    let problem = try AllocationProblem(
      model: ClosedFormTests.model(LinearTrajectory(steps: 50), .decaying),
      cost: evenCost(steps: 50), budget: 0.6)
    let solver = ScheduleSolver(problem)
    let solved = try solver.solve(ranges: count)
    let uniform = try SparsitySchedule.uniform(ranges: count, for: problem)
    // The ranges are better chosen than equal ones, and the sparsities better than one for all.
    let equal = solver.solve(ranges: uniform.ranges.map(\.steps))
    #expect(solved.clippedError < 0.99 * equal.clippedError)
    #expect(equal.clippedError < 0.9 * uniform.clippedError)
  }

  /// What keeps the search quick: a descent takes about ten steps.
  @Test func descentsAreShort() throws {
    for problem in try Self.problems() {
      let ranges = problem.equalRanges(4)
      let projection = problem.projection(for: ranges)
      let descent = ProjectedGradient(
        objective: RangeObjective(model: problem.model, ranges: ranges), projection: projection)
      let end = descent.minimise(from: ScheduleSolver(problem).uniform(projection))
      #expect(end.iterations <= 40)
      #expect(projection.isFeasible(end.sparsities))
    }
  }
}
