/// The nearest sparsities that keep the budget: projection onto
/// { Σ weightₖ sₖ ≥ required, lowest ≤ sₖ ≤ highest }.
struct BudgetProjection: Sendable {
  /// By how much of the dense cost rounding may miss a budget.
  static let slack = 1e-12

  /// What sparsity 1 saves in each range, as a share of the dense cost; 0 or more.
  let weights: [Double]
  /// The share of the dense cost to be saved; the whole set is feasible where 0 or less.
  let required: Double
  let limits: ClosedRange<Double>

  /// What `sparsities` save, as a share of the dense cost.
  func saved(_ sparsities: [Double]) -> Double {
    zip(weights, sparsities).reduce(0) { $0 + $1.0 * $1.1 }
  }

  func isFeasible(_ sparsities: [Double]) -> Bool {
    saved(sparsities) >= required - Self.slack
      && sparsities.allSatisfy { limits.contains($0) }
  }

  /// Returns the feasible point s that minimises Σ metricₖ (sₖ − pointₖ)².
  ///
  /// By the Karush-Kuhn-Tucker conditions that is clip(point + μ weight / metric) for the least
  /// multiplier μ ≥ 0 that saves enough: one bisection. Where the budget is out of reach, every
  /// range that saves anything comes back at the highest sparsity.
  ///
  /// - Parameter metric: Above 0, one a range; 1 for the Euclidean projection.
  func project(_ point: [Double], metric: [Double]) -> [Double] {
    let clipped = point.map(clip)
    guard saved(clipped) < required else { return clipped }

    func moved(by multiplier: Double) -> [Double] {
      point.indices.map { clip(point[$0] + multiplier * weights[$0] / metric[$0]) }
    }
    // At this multiplier every range that saves anything to speak of is at its limit.
    var upper = 0.0
    for k in point.indices where weights[k] > Self.slack {
      upper = max(upper, (limits.upperBound - point[k]) * metric[k] / weights[k])
    }
    upper = (upper * (1 + 1e-9)).nextUp
    var lower = 0.0
    // The bound may be 15 decades too high where metrics differ; 53 halvings more give all digits.
    for _ in 0..<100 {
      let middle = (lower + upper) / 2
      guard middle > lower, middle < upper else { break }
      if saved(moved(by: middle)) < required { lower = middle } else { upper = middle }
    }
    return moved(by: upper)
  }

  func project(_ point: [Double]) -> [Double] {
    project(point, metric: Array(repeating: 1, count: point.count))
  }

  private func clip(_ value: Double) -> Double {
    min(max(value, limits.lowerBound), limits.upperBound)
  }
}
