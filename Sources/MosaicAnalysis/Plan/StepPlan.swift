public import MosaicCore

/// What a step does in every respect that a solver may choose: how far its network is pruned, and
/// what it reuses.
public struct StepPlan: Sendable, Equatable {
  /// By bucket of steps: 0 is the dense network, others are places in the list of levels, from 1.
  public var levels: [Int]
  public var reuse: ReusePlan

  public init(levels: [Int], reuse: ReusePlan) {
    self.levels = levels
    self.reuse = reuse
  }
}

/// A change of a plan.
public enum PlanMove: Sendable, Hashable {
  /// What a unit does at a step: nil computes it, else the order of extrapolation.
  case reuse(step: Int, unit: Int, order: Int?)
  /// The level of a bucket of steps.
  case prune(bucket: Int, level: Int)
}

extension StepPlan {
  public mutating func take(_ move: PlanMove) {
    switch move {
    case .reuse(let step, let unit, let order): reuse.orders[step][unit] = order
    case .prune(let bucket, let level): levels[bucket] = level
    }
  }

  public func taking(_ move: PlanMove) -> StepPlan {
    var plan = self
    plan.take(move)
    return plan
  }
}

extension PlanMove {
  /// Whether what was measured of this move holds when another is made.
  public func isApart(from other: PlanMove) -> Bool {
    switch (self, other) {
    case (.reuse(let stepA, let unitA, _), .reuse(let stepB, let unitB, _)):
      unitA != unitB || abs(stepA - stepB) > 2
    case (.prune(let a, _), .prune(let b, _)): a != b
    default: true
    }
  }
}
