/// Projected gradient descent with Armijo backtracking for one sparsity a range.
///
/// Steps are measured in the diagonal of the Hessian at hand: amplitudes grow exponentially, so
/// ranges differ by orders of magnitude in curvature, and the same diagonal makes the projection no
/// harder. The length tried first follows the change of the gradient along the last step.
///
/// Source of the length: Birgin, Martínez and Raydan, "Nonmonotone Spectral Projected Gradient
/// Methods on Convex Sets", SIAM J. Optim. 10 (2000); here every step must descend.
struct ProjectedGradient {
  let objective: RangeObjective
  let projection: BudgetProjection
  /// Stops when no sparsity moves by more.
  var tolerance = 1e-11
  var iterationLimit = 4000

  struct Result {
    var sparsities: [Double]
    var value: Double
    var iterations: Int
  }

  func minimise(from start: [Double]) -> Result {
    var point = projection.project(start)
    var here = objective.derivatives(at: point)
    var length = 1.0
    var lastMove = Double.infinity
    var iteration = 0
    while iteration < iterationLimit {
      let metric = metric(of: here)
      guard let step = step(from: point, here, metric: metric, length: &length) else { break }
      let there = objective.derivatives(at: step.point)
      let move = zip(point, step.point).reduce(0) { max($0, abs($1.0 - $1.1)) }
      length = nextLength(
        after: length, from: point, here.gradient, to: step.point, there.gradient, metric: metric)
      iteration += 1
      (point, here) = (step.point, there)
      // Once values no longer tell points apart, only shrinking steps are still convergence.
      if move <= tolerance || (step.isBelowRounding && move >= lastMove) { break }
      lastMove = move
    }
    return Result(sparsities: point, value: here.value, iterations: iteration)
  }

  /// The curvatures, kept away from 0: a range that costs no error has none.
  private func metric(of here: RangeObjective.Derivatives) -> [Double] {
    let largest = here.curvature.max() ?? 0
    guard largest > 0 else { return Array(repeating: 1, count: here.curvature.count) }
    return here.curvature.map { max($0, 1e-9 * largest) }
  }

  /// The next point, or nil where none is lower; `length` is halved until one is.
  private func step(
    from point: [Double], _ here: RangeObjective.Derivatives, metric: [Double],
    length: inout Double
  ) -> (point: [Double], isBelowRounding: Bool)? {
    let rounding = 0x1p-50 * here.value
    for _ in 0..<60 {
      let target = point.indices.map { point[$0] - length * here.gradient[$0] / metric[$0] }
      let trial = projection.project(target, metric: metric)
      var slope = 0.0
      for k in point.indices { slope += here.gradient[k] * (trial[k] - point[k]) }
      // The projection's own rounding can turn the last, tiny steps uphill.
      guard slope < 0 else { return nil }
      if objective.value(at: trial) <= here.value + 1e-4 * slope + rounding {
        return (trial, -slope <= rounding)
      }
      length /= 2
    }
    return nil
  }

  /// The length at which the last step would have met the gradient's zero; twice the last where the
  /// error bends down.
  private func nextLength(
    after length: Double, from point: [Double], _ gradient: [Double], to next: [Double],
    _ nextGradient: [Double], metric: [Double]
  ) -> Double {
    var distance = 0.0
    var change = 0.0
    for k in point.indices {
      let move = next[k] - point[k]
      distance += metric[k] * move * move
      change += move * (nextGradient[k] - gradient[k])
    }
    let proposed = change > 0 ? distance / change : 2 * length
    return min(max(proposed, 1e-3), 1e3)
  }
}
