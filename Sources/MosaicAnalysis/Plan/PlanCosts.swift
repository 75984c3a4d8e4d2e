public import MosaicCore

/// What plans for one trajectory cost, and which of them can be run.
public protocol PlanCosts: Sendable {
  /// By step, whether the sampler uses the network's output: others cost nothing.
  var isNeeded: [Bool] { get }

  /// By reusable unit, the units that are not computed where it is reused.
  var within: [[Int]] { get }

  /// Multiply-accumulates of a needed step as a share of a dense forward.
  func needed(_ plan: StepPlan, step: Int) -> Double
}

extension PlanCosts {
  /// Whether a unit is the network's output: reusing it spares all others.
  public func isOutput(_ unit: Int) -> Bool {
    within.count > 1 && within[unit].count == within.count - 1
  }

  public var neededSteps: Int { max(1, isNeeded.count { $0 }) }

  /// Multiply-accumulates of a step as a share of a dense forward.
  public func cost(_ plan: StepPlan, step: Int) -> Double {
    isNeeded[step] ? needed(plan, step: step) : 0
  }

  /// Multiply-accumulates of a run as a share of the dense run's.
  public func cost(_ plan: StepPlan) -> Double {
    isNeeded.indices.reduce(0) { $0 + cost(plan, step: $1) } / Double(neededSteps)
  }

  /// Where a plan asks for values that were not computed; nil where it can be run.
  public func gap(in plan: StepPlan) -> ReusePlan.Gap? {
    plan.reuse.gap(isNeeded: isNeeded, within: within)
  }
}
