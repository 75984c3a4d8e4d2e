/// Solves for a budget of bytes.
///
/// Shared rows cost what the least pruned range keeps, so with a floor m under all sparsities the
/// constraint is linear: fixed + producers (1 − m) + Σₖ (consumersFixed + consumers (1 − sₖ)) must
/// not exceed the budget. Floors on a grid propose segmentations, and each of those has its floor
/// refined.
///
/// One range is always best by itself: where K > 1 ranges keep the budget, one range with their
/// least sparsity keeps it too, and no step of it is pruned harder. So `.automatic` is one range.
struct BytesBudget {
  let request: AllocationRequest
  let budget: Int

  init(_ request: AllocationRequest, bytes budget: Int) {
    self.request = request
    self.budget = budget
  }

  typealias Candidate = ScheduleSolver.Candidate

  func solve() throws(AllocationError) -> Candidate {
    guard let size = request.costs.bytes else { throw .missingCosts(request.budget) }
    let problem = try request.problem(atMACs: 1)
    var count = try problem.mostRanges(request.ranges)
    if case .automatic = request.ranges { count = 1 }

    let limits = problem.limits
    let least = size.bytes(of: Array(repeating: limits.upperBound, count: count))
    let most = size.bytes(of: Array(repeating: limits.lowerBound, count: count))
    // Dense ranges share their consumers, so the least sparsity may take less than a larger one.
    guard most > budget else { return even(problem, count, limits.lowerBound) }
    guard least <= budget else {
      throw .unreachable(asked: request.budget, least: .bytes(min(least, most)))
    }
    let floors = Floors(size: size, budget: Double(budget), count: count, limits: limits)
    guard count > 1, floors.range.lowerBound < floors.range.upperBound else {
      return even(problem, count, floors.range.upperBound)
    }
    return solve(problem, count, floors)
  }

  private func solve(
    _ problem: AllocationProblem, _ count: Int, _ floors: Floors
  ) -> Candidate {
    func solver(_ floor: Double) -> ScheduleSolver {
      ScheduleSolver(AllocationProblem(problem, mean: floors.mean(above: floor), lowest: floor))
    }
    let points = 8
    let width = (floors.range.upperBound - floors.range.lowerBound) / Double(points)
    var best = even(problem, count, floors.range.upperBound)
    var segmentations = [best.ranges]
    for point in 0..<points {
      let trial = RangeSegmentation(
        solver: solver(floors.range.lowerBound + width * Double(point)), count: count,
        exhaustiveLimit: 300
      ).best()
      if trial.value < best.value { best = trial }
      if !segmentations.contains(trial.ranges) { segmentations.append(trial.ranges) }
    }

    // For given ranges the error falls with the floor and then rises.
    for ranges in segmentations {
      var (low, high) = (floors.range.lowerBound, floors.range.upperBound)
      for _ in 0..<32 {
        let third = (high - low) / 3
        let left = solver(low + third).thorough(ranges)
        let right = solver(high - third).thorough(ranges)
        if left.value < right.value { high -= third } else { low += third }
        for trial in [left, right] where trial.value < best.value { best = trial }
      }
    }
    return best
  }

  /// One sparsity in `count` ranges.
  private func even(_ problem: AllocationProblem, _ count: Int, _ sparsity: Double) -> Candidate {
    let ranges = problem.equalRanges(count)
    let sparsities = Array(repeating: sparsity, count: count)
    return Candidate(
      ranges: ranges, sparsities: sparsities,
      value: RangeObjective(model: problem.model, ranges: ranges).value(at: sparsities))
  }
}

/// The floors that may lie under all sparsities of `count` ranges, and what each asks for.
private struct Floors {
  let size: BundleSize
  let budget: Double
  let count: Int
  /// From the floor at which all other ranges must be pruned as hard as allowed, to the one sparsity
  /// that keeps the budget everywhere.
  let range: ClosedRange<Double>

  /// - Parameter limits: The largest of them everywhere keeps the budget, the least does not.
  init(size: BundleSize, budget: Double, count: Int, limits: ClosedRange<Double>) {
    self.size = size
    self.budget = budget
    self.count = count
    func clip(_ sparsity: Double) -> Double {
      min(max(sparsity, limits.lowerBound), limits.upperBound)
    }
    let ranges = Double(count)
    let consumers = ranges * Double(size.consumers)
    let producers = Double(size.producers)
    let free = budget - Double(size.fixed) - ranges * Double(size.consumersFixed)
    let upper = clip(1 - free / (producers + consumers))
    let lower = 1 - (free - consumers * (1 - limits.upperBound)) / producers
    range = (producers > 0 ? min(clip(lower), upper) : limits.lowerBound)...upper
  }

  /// The mean sparsity that keeps the budget where none is below `floor`.
  func mean(above floor: Double) -> Double {
    let consumers = Double(count) * Double(size.consumers)
    guard consumers > 0 else { return floor }
    let free =
      budget - Double(size.fixed) - Double(count) * Double(size.consumersFixed)
      - Double(size.producers) * (1 - floor)
    return 1 - free / consumers
  }
}
