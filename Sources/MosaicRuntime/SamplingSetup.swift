public import MosaicBundle
public import MosaicCore

/// How a bundle is sampled: along which trajectory, with which guidance, and by which of its plans.
public struct SamplingSetup: Sendable {
  public let trajectory: Trajectory
  /// Weight of classifier-free guidance; nil is none.
  public let guidance: Float?
  /// Number of the plan that is followed, from 0; nil takes each step's variant by noise level.
  public let planNumber: Int?
  public let plan: FollowedPlan?
  /// Where the run is none that the plans were measured for.
  public let notices: [PlanNotice]

  /// The run that is asked for; what is not said is the first plan's that fits the rest, or without
  /// one the bundle's own.
  ///
  /// - Parameters:
  ///   - scheduler: The noise process and sampler, where they are asked for.
  ///   - guidance: 1 is none.
  ///   - followsPlans: False leaves all plans out.
  /// - Throws: `SchedulerError` where the scheduler has no such trajectory, `RuntimeError` where a plan
  ///   is not one for its own run.
  public init(
    _ manifest: Manifest, scheduler: SchedulerConfig? = nil, steps: Int? = nil,
    guidance: Float? = nil, followsPlans: Bool = true
  ) throws {
    let asked = guidance.map { $0 == 1 ? nil : $0 }
    let plans = followsPlans ? manifest.plans : []
    let fitting = try plans.indices.filter { number in
      let plan = plans[number]
      let isOfScheduler = try scheduler.map { try $0 == plan.scheduler(of: manifest) } ?? true
      return isOfScheduler && plan.steps.count == steps ?? plan.steps.count
    }
    let number = try Self.choose(
      among: fitting, of: manifest, prefersOwnSampler: scheduler == nil && steps != nil,
      guidance: asked)
    planNumber = number
    guard let number else {
      let own = manifest.schedule
      let config = scheduler ?? manifest.scheduler
      let count = steps ?? (own.steps > 0 ? own.steps : 50)
      trajectory = try Trajectory(config: config, steps: count)
      self.guidance = asked ?? (own.guidance == 1 ? nil : Float(own.guidance))
      plan = nil
      notices =
        plans.isEmpty
        ? [] : [.noPlan(sampler: config.sampler, steps: count, plans: plans)]
      return
    }
    let chosen = manifest.plans[number]
    let followed = FollowedPlan(chosen, of: manifest)
    trajectory = try Trajectory(
      config: chosen.scheduler(of: manifest), steps: chosen.steps.count)
    try followed.check(against: trajectory)
    plan = followed
    let own = chosen.guidance.map { Float($0) }
    self.guidance = asked ?? own
    notices = self.guidance == own ? [] : [.otherGuidance(self.guidance, plan: chosen)]
  }

  /// A run that no plan is for.
  ///
  /// - Parameter guidance: 1 is none.
  public init(trajectory: Trajectory, guidance: Float?) {
    self.trajectory = trajectory
    self.guidance = guidance == 1 ? nil : guidance
    planNumber = nil
    plan = nil
    notices = []
  }

  private static func choose(
    among plans: [Int], of manifest: Manifest, prefersOwnSampler: Bool, guidance: Float??
  ) throws -> Int? {
    var plans = plans
    if prefersOwnSampler {
      let own = try plans.filter {
        try manifest.plans[$0].scheduler(of: manifest) == manifest.scheduler
      }
      plans = own.isEmpty ? plans : own
    }
    guard let guidance else { return plans.first }
    return plans.first { manifest.plans[$0].guidance.map { Float($0) } == guidance } ?? plans.first
  }
}

extension SamplingPlan {
  /// The bundle's noise process, walked as the plan is.
  public func scheduler(of manifest: Manifest) throws(SchedulerError) -> SchedulerConfig {
    var config = try manifest.scheduler.sampled(with: sampler)
    config.eta = eta
    return config
  }
}
