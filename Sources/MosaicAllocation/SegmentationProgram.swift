#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Dynamic programming over contiguous segmentations, for errors that add up step by step.
///
/// With a price μ on cost, a segment costs min over s of Σₙ errorₙ(s) − μ · saved(s) whatever the
/// others do, so the best segmentation is exact for each μ (up to the grid on which s is tried).
/// Prices are swept around the one that meets the budget.
struct SegmentationProgram {
  let problem: AllocationProblem
  /// Ranges wanted.
  let count: Int

  /// Sparsities tried.
  private let grid: [Double]
  /// [from][to]: what sparsity 1 saves between two boundaries.
  private let weights: [Double]

  init(problem: AllocationProblem, count: Int) {
    self.problem = problem
    self.count = count
    let points = 96
    let width = problem.limits.upperBound - problem.limits.lowerBound
    grid = (0...points).map {
      problem.limits.lowerBound + width * Double($0) / Double(points)
    }
    weights = problem.rangeWeights(ofRanges: count)
  }

  /// The best segmentations for a sweep of prices, each as indices of boundaries.
  ///
  /// - Parameter others: The sparsities at which the other steps' errors are held while a step's
  ///   own sparsity is chosen; nil where errors do not correlate.
  func sweep(beside others: [Double]?) -> [[Int]] {
    let errors = errorsBefore(beside: others)
    let scale = (0..<grid.count).map { errors[$0][errors[$0].count - 1] }.max() ?? 0
    guard scale > 0, scale.isFinite else { return [] }

    var found: [[Int]] = []
    // A price is bisected by its logarithm: it grows with the error, which spans decades.
    var low = log(scale) - 30
    var high = log(scale) + 10
    for _ in 0..<30 {
      let middle = (low + high) / 2
      let best = segment(errors, price: exp(middle))
      found.append(best.begins)
      if best.saved < 1 - problem.budget { low = middle } else { high = middle }
    }
    // Segmentations that are best at another price may be best at exactly the budget.
    for step in -12...12 {
      found.append(segment(errors, price: exp(high + Double(step) / 4)).begins)
    }
    return found
  }

  /// For each sparsity of the grid, the running sum over buckets of the steps' errors.
  private func errorsBefore(beside others: [Double]?) -> [[Double]] {
    let curves = problem.model.curves
    var extra = [Double](repeating: 0, count: curves.count)
    if let others {
      let held = zip(curves, others).map { $0.value(at: $1) }
      let pulls = product(problem.model.clippedCorrelation, held)
      // The first-order change of the whole error is 2 bₙ Σₘ Rₙₘ bₘ; a step's own part is squared.
      extra = zip(pulls, held).map { 2 * ($0 - $1) }
    }
    let buckets = problem.ranges(beginningAt: Array(problem.boundaries.indices))
    return grid.map { sparsity in
      runningSums(
        buckets.map { bucket in
          bucket.reduce(0) {
            let value = curves[$1].value(at: sparsity)
            return $0 + value * (value + extra[$1])
          }
        })
    }
  }

  private func segment(_ errors: [[Double]], price: Double) -> (begins: [Int], saved: Double) {
    let last = problem.boundaries.count
    // [from][to]: the cheapest a range from one boundary to another can be, and its sparsity.
    var cheapest = [Double](repeating: .infinity, count: (last + 1) * (last + 1))
    var choice = [Int](repeating: 0, count: cheapest.count)
    for (index, sparsity) in grid.enumerated() {
      let sums = errors[index]
      for from in 0..<last {
        for to in (from + 1)...last {
          let place = from * (last + 1) + to
          let cost = sums[to] - sums[from] - price * sparsity * weights[place]
          if cost < cheapest[place] {
            cheapest[place] = cost
            choice[place] = index
          }
        }
      }
    }

    // best[to] with so many ranges, and where the last of them begins.
    var best = [Double](repeating: .infinity, count: last + 1)
    best[0] = 0
    var begins: [[Int]] = []
    for _ in 0..<count {
      var next = [Double](repeating: .infinity, count: last + 1)
      var from = [Int](repeating: 0, count: last + 1)
      for to in 1...last {
        for start in 0..<to where best[start] + cheapest[start * (last + 1) + to] < next[to] {
          next[to] = best[start] + cheapest[start * (last + 1) + to]
          from[to] = start
        }
      }
      best = next
      begins.append(from)
    }

    var chosen: [Int] = []
    var saved = 0.0
    var to = last
    for from in begins.reversed() {
      let start = from[to]
      saved += grid[choice[start * (last + 1) + to]] * weights[start * (last + 1) + to]
      chosen.append(start)
      to = start
    }
    return (chosen.reversed(), saved)
  }
}

/// 0, then the sum of the first, of the first two, and so on.
private func runningSums(_ values: [Double]) -> [Double] {
  values.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
}
