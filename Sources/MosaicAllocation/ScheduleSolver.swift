/// Finds the sparsities that leave the least error in the final sample within a budget.
///
/// The error is the closed form of `ErrorModel` with negative correlations clipped. Clipping, and
/// products of different steps' amplitudes, make it non-convex: the descent starts from several
/// points and the best end is kept. The same input always gives the same schedule.
public struct ScheduleSolver: Sendable {
  public let problem: AllocationProblem

  public init(_ problem: AllocationProblem) {
    self.problem = problem
  }

  /// Chooses `ranges` step ranges and a sparsity for each.
  ///
  /// - Throws: `AllocationError.rangeCount` if the problem's boundaries do not allow so many.
  /// - Complexity: Every segmentation is tried where there are few; else dynamic programming
  ///   proposes some (`RangeSegmentation`).
  public func solve(ranges count: Int) throws(AllocationError) -> SparsitySchedule {
    try problem.validate(rangeCount: count)
    let best = RangeSegmentation(solver: self, count: count).best()
    return schedule(ranges: best.ranges, sparsities: best.sparsities)
  }

  /// Finds a sparsity for each of the given ranges.
  ///
  /// - Parameter ranges: Contiguous, covering all steps.
  public func solve(ranges: [Range<Int>]) -> SparsitySchedule {
    precondition(
      ranges.first?.lowerBound == 0 && ranges.last?.upperBound == problem.stepCount
        && zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound },
      "ranges cover all steps in order")
    return schedule(ranges: ranges, sparsities: thorough(ranges).sparsities)
  }

  private func schedule(ranges: [Range<Int>], sparsities: [Double]) -> SparsitySchedule {
    SparsitySchedule(kind: .solved, ranges: ranges, sparsities: sparsities, problem: problem)
  }

  struct Candidate {
    var ranges: [Range<Int>]
    var sparsities: [Double]
    /// The clipped error.
    var value: Double

    /// One sparsity for each step.
    var perStep: [Double] {
      zip(ranges, sparsities).flatMap { Array(repeating: $1, count: $0.count) }
    }
  }

  /// One descent, to about six digits of the error: enough to rank segmentations.
  func quick(_ ranges: [Range<Int>], from start: [Double]? = nil) -> Candidate {
    let projection = problem.projection(for: ranges)
    let descent = ProjectedGradient(
      objective: RangeObjective(model: problem.model, ranges: ranges), projection: projection,
      tolerance: 1e-5, iterationLimit: 100)
    let end = descent.minimise(from: start ?? uniform(projection))
    return Candidate(ranges: ranges, sparsities: end.sparsities, value: end.value)
  }

  /// One descent, to full precision.
  func descend(_ ranges: [Range<Int>], from start: [Double]? = nil) -> Candidate {
    let projection = problem.projection(for: ranges)
    let descent = ProjectedGradient(
      objective: RangeObjective(model: problem.model, ranges: ranges), projection: projection)
    let end = descent.minimise(from: start ?? uniform(projection))
    return Candidate(ranges: ranges, sparsities: end.sparsities, value: end.value)
  }

  /// Descents from every start, to full precision; the best end.
  ///
  /// - Parameter start: One more start.
  func thorough(_ ranges: [Range<Int>], from start: [Double]? = nil) -> Candidate {
    let projection = problem.projection(for: ranges)
    let descent = ProjectedGradient(
      objective: RangeObjective(model: problem.model, ranges: ranges), projection: projection)
    var best: Candidate?
    for start in starts(ranges, projection) + (start.map { [$0] } ?? []) {
      let end = descent.minimise(from: start)
      if end.value < best?.value ?? .infinity {
        best = Candidate(ranges: ranges, sparsities: end.sparsities, value: end.value)
      }
    }
    // No end compares as less only if every value is infinite.
    return best
      ?? Candidate(ranges: ranges, sparsities: uniform(projection), value: .infinity)
  }

  private func starts(_ ranges: [Range<Int>], _ projection: BudgetProjection) -> [[Double]] {
    let uniform = uniform(projection)
    let diagonal = ProjectedGradient(
      objective: RangeObjective(model: problem.model.withoutCorrelation, ranges: ranges),
      projection: projection, tolerance: 1e-5, iterationLimit: 100)
    var starts = [
      uniform,
      diagonal.minimise(from: uniform).sparsities,
      filled(Array(ranges.indices), projection),
      filled(ranges.indices.reversed(), projection),
    ]
    // Each range pruned hardest, the rest evenly: the corners of the feasible set.
    for index in ranges.indices.prefix(16) {
      var corner = uniform
      corner[index] = problem.limits.upperBound
      starts.append(projection.project(corner))
    }
    return starts
  }

  /// The one sparsity that meets the budget.
  func uniform(_ projection: BudgetProjection) -> [Double] {
    let count = projection.weights.count
    let weight = projection.weights.reduce(0, +)
    let sparsity = weight > 0 ? projection.required / weight : 0
    let clipped = min(max(sparsity, problem.limits.lowerBound), problem.limits.upperBound)
    return Array(repeating: clipped, count: count)
  }

  /// Ranges pruned as hard as allowed, in this order, until the budget is met.
  private func filled(_ order: [Int], _ projection: BudgetProjection) -> [Double] {
    var sparsities = Array(
      repeating: problem.limits.lowerBound, count: projection.weights.count)
    var missing = projection.required - projection.saved(sparsities)
    for index in order where missing > 0 && projection.weights[index] > 0 {
      let room = problem.limits.upperBound - sparsities[index]
      let taken = min(room, missing / projection.weights[index])
      sparsities[index] += taken
      missing -= taken * projection.weights[index]
    }
    return sparsities
  }
}
