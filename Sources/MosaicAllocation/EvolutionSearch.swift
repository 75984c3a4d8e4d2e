/// A schedule by evolution: candidates are measured, the best survive, and their children move
/// levels of sparsity between stages.
///
/// The trajectory is cut into stages of equal steps. A candidate gives each stage a level from 0 to
/// `levels`; a mutation takes levels from one stage and gives them to another, so that what is saved
/// stays the same. A level is worth so much sparsity that a whole number of them meets the budget
/// exactly where stages cost alike; where they do not, no candidate saves more than it must by a
/// whole level. Sparsities stay on that grid, so a caller can keep a network for each stage and
/// level.
///
/// Source: Diff-ES, arXiv:2603.05105, and its code: stages, levels, initial shapes, mutations and
/// rounds of selection are theirs; sizes are smaller, and no candidate is measured twice.
public struct EvolutionSearch: Sendable {
  public let problem: AllocationProblem
  public let seed: UInt64
  /// The most candidates that are measured.
  public var evaluations = 200
  /// Children made for each round of selection.
  public var offspring = 12
  /// How many survive each round of a generation.
  public var survivors = [6, 3]
  /// The most levels that one move takes.
  public var largestMove = 2
  /// The most moves that make a child; fewer are likelier.
  public var mostMoves = 5

  /// The steps of each stage.
  public let stages: [Range<Int>]
  let space: StageLevels

  /// A candidate that was measured.
  public struct Evaluation: Sendable, Equatable {
    /// Of each stage.
    public var levels: [Int]
    public var sparsities: [Double]
    public var error: Double
    /// The least error so far, this one included.
    public var best: Double
  }

  public struct Result: Sendable {
    public var schedule: SparsitySchedule
    /// The measured error of the schedule.
    public var error: Double
    /// In the order they were measured.
    public var history: [Evaluation]
  }

  /// - Parameters:
  ///   - problem: The budget, and the steps that stages may begin at.
  ///   - stages: The stages wanted; fewer where there are fewer places to begin.
  ///   - levels: The levels above 0.
  public init(
    _ problem: AllocationProblem, stages: Int = 10, levels: Int = 16, evaluations: Int = 200,
    seed: UInt64
  ) {
    precondition(stages >= 1 && levels >= 1 && evaluations >= 1, "a search has something to try")
    self.problem = problem
    self.evaluations = evaluations
    self.seed = seed
    self.stages = problem.equalRanges(min(stages, problem.boundaries.count))
    space = StageLevels(problem.projection(for: self.stages), levels: levels)
  }

  /// Runs the search. The same seed and the same errors give the same schedule.
  ///
  /// - Parameter measure: Returns the error of a run with these sparsities, one a stage: smaller is
  ///   better.
  /// - Throws: What `measure` throws, and `AllocationError.badMeasurement` where it returns NaN.
  public func run(measure: ([Double]) throws -> Double) throws -> Result {
    var draw = Draws(seed: seed)
    var tried = EvolutionHistory()
    let first = survivors.first ?? 1

    var pool = space.initial(count: first + offspring, &draw)
    search: while true {
      let triedBefore = tried.evaluations.count
      for (round, count) in survivors.enumerated() {
        for levels in pool {
          guard try tried.measure(levels, space, limit: evaluations, measure) else { break search }
        }
        let parents = tried.best(count, of: pool)
        let isLast = round == survivors.count - 1
        // The next generation is as large as the first.
        let children = isLast ? first + offspring - parents.count : offspring
        pool = parents
        for _ in 0..<children {
          let parent = parents[draw.integer(below: parents.count)]
          if let child = child(of: parent, unlike: tried, pool, &draw) { pool.append(child) }
        }
      }
      // Every neighbour of the survivors is known.
      if tried.evaluations.count == triedBefore { break }
    }
    return result(tried)
  }

  /// A mutation that was neither measured nor made before; nil where many draws find none.
  private func child(
    of parent: [Int], unlike tried: EvolutionHistory, _ pool: [[Int]], _ draw: inout Draws
  ) -> [Int]? {
    for _ in 0..<32 {
      let moves = min(draw.integer(below: mostMoves), draw.integer(below: mostMoves)) + 1
      var child = parent
      for _ in 0..<moves { space.move(upTo: largestMove, in: &child, &draw) }
      if tried.error(of: child) == nil, !pool.contains(child) { return child }
    }
    return nil
  }

  private func result(_ tried: EvolutionHistory) -> Result {
    // The first candidate is always measured.
    let best = tried.evaluations.min { $0.error < $1.error }
    let sparsities = best?.sparsities ?? space.sparsities(of: stages.map { _ in space.levels })
    return Result(
      schedule: SparsitySchedule(
        kind: .evolution, ranges: stages, sparsities: sparsities, problem: problem),
      error: best?.error ?? .infinity, history: tried.evaluations)
  }
}
