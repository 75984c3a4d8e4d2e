/// Projected gradient descent with Armijo backtracking for one sparsity a range.
///
/// Steps are measured in the diagonal of the Hessian at hand: amplitudes grow exponentially, so
/// ranges differ by orders of magnitude in curvature, and the same diagonal makes the projection no
/// harder.
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
    for iteration in 0..<iterationLimit {
      let metric = metric(of: here)
      guard
        let step = step(from: point, here, metric: metric, length: &length)
      else { return Result(sparsities: point, value: here.value, iterations: iteration) }
      let moved = zip(point, step).reduce(0) { max($0, abs($1.0 - $1.1)) }
      point = step
      here = objective.derivatives(at: point)
      if moved <= tolerance {
        return Result(sparsities: point, value: here.value, iterations: iteration + 1)
      }
    }
    return Result(sparsities: point, value: here.value, iterations: iterationLimit)
  }

  /// The curvatures, kept away from 0: a range that costs no error has none.
  private func metric(of here: RangeObjective.Derivatives) -> [Double] {
    let largest = here.curvature.max() ?? 0
    guard largest > 0 else { return Array(repeating: 1, count: here.curvature.count) }
    return here.curvature.map { max($0, 1e-9 * largest) }
  }

  /// The next point, or nil where none is lower. `length` is doubled after a step that was
  /// accepted at once and halved until one is.
  private func step(
    from point: [Double], _ here: RangeObjective.Derivatives, metric: [Double],
    length: inout Double
  ) -> [Double]? {
    for attempt in 0..<60 {
      let target = point.indices.map { point[$0] - length * here.gradient[$0] / metric[$0] }
      let trial = projection.project(target, metric: metric)
      var slope = 0.0
      for k in point.indices { slope += here.gradient[k] * (trial[k] - point[k]) }
      // The projection's own rounding can turn the last, tiny steps uphill.
      guard slope < 0 else { return nil }
      // Near the minimum the decrease asked for drowns in the value's rounding error.
      let rounding = 0x1p-50 * here.value
      if objective.value(at: trial) <= here.value + 1e-4 * slope + rounding {
        if attempt == 0 { length = min(length * 2, 1024) }
        return trial
      }
      length /= 2
    }
    return nil
  }
}
