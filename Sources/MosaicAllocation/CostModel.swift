/// What each step's forward costs as a function of its sparsity: fixedₙ + prunableₙ (1 − s).
///
/// The unit is the caller's (multiply-accumulates, bytes, milliseconds): only shares of the dense
/// total are used.
public struct CostModel: Sendable, Equatable {
  /// What no sparsity saves, one a step; 0 for a step whose output the sampler does not use.
  public let fixed: [Double]
  /// What sparsity 1 would save, one a step.
  public let prunable: [Double]
  /// The cost of the dense run.
  public let dense: Double

  public var stepCount: Int { fixed.count }

  /// - Throws: `AllocationError.stepCount` or `.badMeasurement`.
  public init(fixed: [Double], prunable: [Double]) throws(AllocationError) {
    guard fixed.count == prunable.count else {
      throw .stepCount(what: "prunable costs", expected: fixed.count, found: prunable.count)
    }
    for (step, costs) in zip(fixed, prunable).enumerated() {
      guard costs.0 >= 0, costs.1 >= 0, costs.0.isFinite, costs.1.isFinite else {
        throw .badMeasurement(
          what: "cost of step \(step)",
          problem: "\(costs.0) fixed and \(costs.1) prunable are not finite numbers of 0 or more")
      }
    }
    self.fixed = fixed
    self.prunable = prunable
    self.dense = fixed.reduce(0, +) + prunable.reduce(0, +)
    guard dense > 0, dense.isFinite else {
      throw .badMeasurement(what: "cost of the dense run", problem: "\(dense) is not above 0")
    }
  }

  /// The share of the dense cost that remains.
  ///
  /// - Parameter sparsities: sₙ, one for each step.
  public func share(of sparsities: [Double]) -> Double {
    precondition(sparsities.count == stepCount, "one sparsity a step")
    return 1 - zip(prunable, sparsities).reduce(0) { $0 + $1.0 * $1.1 } / dense
  }

  /// The cost that remains, in the model's unit.
  ///
  /// - Parameter sparsities: sₙ, one for each step.
  public func cost(of sparsities: [Double]) -> Double { dense * share(of: sparsities) }

  /// What sparsity 1 in each range would save, as a share of the dense cost.
  func weights(of ranges: [Range<Int>]) -> [Double] {
    ranges.map { prunable[$0].reduce(0, +) / dense }
  }
}
