public import MosaicBundle
public import MosaicCore

/// A run is not one that the bundle's plans were solved and measured for.
///
/// It can be made all the same: whoever makes it says so, or throws this.
public enum PlanNotice: MosaicError, Equatable {
  /// There is no plan for its steps: their variants go by noise level, and nothing is reused.
  case noPlan(sampler: SamplerKind, steps: Int, plans: [SamplingPlan])
  /// The plan it follows is for another weight of guidance; nil is none.
  case otherGuidance(Float?, plan: SamplingPlan)

  public var description: String {
    switch self {
    case .noPlan(let sampler, let steps, let plans):
      let known = plans.map { "\($0.sampler.rawValue) in \($0.steps.count)" }
      return "no plan for \(sampler.rawValue) in \(steps) steps as asked (the bundle has "
        + "\(known.joined(separator: ", "))): variants go by noise level, nothing is reused"
    case .otherGuidance(let weight, let plan):
      return
        "the plan's error\(Self.text(of: plan)) is that \(Self.text(plan.guidance)), it was not "
        + "measured \(Self.text(weight.map(Double.init)))"
    }
  }

  private static func text(_ guidance: Double?) -> String {
    guidance.map { "with guidance \(significant($0))" } ?? "without guidance"
  }

  private static func text(of plan: SamplingPlan) -> String {
    (plan.measured ?? plan.predicted).map { " of \(significant($0.mean))" } ?? ""
  }

  public var exitStatus: ExitStatus { .usage }
}
