import MosaicBundle
import MosaicCore
import MosaicRuntime
import Testing

/// Which plan a run follows.
@Suite struct SamplingSetupTests {
  private func plan(
    _ sampler: SamplerKind, _ steps: Int, guidance: Double? = nil
  ) -> SamplingPlan {
    SamplingPlan(
      sampler: sampler, guidance: guidance, units: [],
      steps: Array(repeating: .init(variant: 0, orders: []), count: steps), macShare: 0.5,
      measured: .init(mean: 2e-4, lower: 1e-4, upper: 3e-4, samples: 64))
  }

  private let manifest: Manifest

  init() {
    var manifest = Manifest(schedule: .init(steps: 12, guidance: 4))
    let program = Program(
      inputs: [], outputShape: [], weights: [], values: [], instructions: [], arenaSize: 0)
    manifest.variants = [
      .init(name: "0", program: program, weights: [], macsPerSample: 0, sparsity: 0)
    ]
    self.manifest = manifest
  }

  private func setup(
    _ plans: [SamplingPlan], sampler: SamplerKind? = nil, steps: Int? = nil,
    guidance: Float? = nil, followsPlans: Bool = true
  ) throws -> SamplingSetup {
    var manifest = manifest
    manifest.plans = plans
    return try SamplingSetup(
      manifest, scheduler: sampler.map { try manifest.scheduler.sampled(with: $0) },
      steps: steps, guidance: guidance, followsPlans: followsPlans)
  }

  @Test func theFirstPlanIsTheDefault() throws {
    let found = try setup([plan(.euler, 20), plan(.ddim, 10)])
    #expect(found.planNumber == 0)
    #expect(found.trajectory.steps.count == 20)
    // Its own guidance, not the schedule's.
    #expect(found.guidance == nil)
    #expect(found.notices == [])
  }

  @Test func stepsAndSamplerChoose() throws {
    let plans = [plan(.euler, 20), plan(.ddim, 10), plan(.ddim, 20), plan(.dpmpp2m, 20)]
    // The bundle's own sampler is the one meant where none is said.
    #expect(try setup(plans, steps: 20).planNumber == 2)
    #expect(try setup(plans, steps: 10).planNumber == 1)
    #expect(try setup(plans, sampler: .euler).planNumber == 0)
    #expect(try setup(plans, sampler: .dpmpp2m, steps: 20).planNumber == 3)
    #expect(try setup([plan(.euler, 20)], steps: 20).planNumber == 0)
  }

  @Test func otherRunsGoByNoiseLevel() throws {
    let plans = [plan(.ddim, 10), plan(.euler, 20)]
    let found = try setup(plans, steps: 30)
    #expect(found.plan == nil && found.planNumber == nil)
    #expect(found.trajectory.steps.count == 30)
    #expect(found.guidance == 4)
    #expect(found.notices == [.noPlan(sampler: .ddim, steps: 30, plans: plans)])
    #expect(
      found.notices[0].description
        == "no plan for ddim in 30 steps as asked (the bundle has ddim in 10, euler in 20): "
        + "variants go by noise level, nothing is reused")
    #expect(found.notices[0].exitStatus == .usage)
    let other = try setup(plans, sampler: .dpmpp2m)
    #expect(other.trajectory.steps.count == 12)
    #expect(other.notices == [.noPlan(sampler: .dpmpp2m, steps: 12, plans: plans)])
    #expect(try setup(plans, sampler: .ddpm, steps: 10).plan == nil)
  }

  @Test func plansCanBeLeftOut() throws {
    let found = try setup([plan(.ddim, 10)], followsPlans: false)
    #expect(found.plan == nil && found.notices == [])
    #expect(found.trajectory.steps.count == 12)
    let none = try setup([])
    #expect(none.plan == nil && none.notices == [] && none.guidance == 4)
  }

  @Test func guidanceIsPartOfThePlan() throws {
    let plans = [plan(.ddim, 10), plan(.ddim, 10, guidance: 2)]
    #expect(try setup(plans, guidance: 2).planNumber == 1)
    #expect(try setup(plans, guidance: 2).notices == [])
    #expect(try setup(plans, guidance: 1).planNumber == 0)
    #expect(try setup([plans[1]]).guidance == 2)
    let switchedOn = try setup(plans, guidance: 3)
    #expect(switchedOn.planNumber == 0 && switchedOn.guidance == 3)
    #expect(switchedOn.notices == [.otherGuidance(3, plan: plans[0])])
    #expect(
      switchedOn.notices[0].description
        == "the plan's error of 0.000200 is that without guidance, it was not measured with "
        + "guidance 3.00"
    )
    let switchedOff = try setup([plans[1]], guidance: 1)
    #expect(switchedOff.guidance == nil)
    #expect(
      switchedOff.notices[0].description
        == "the plan's error of 0.000200 is that with guidance 2.00, it was not measured without "
        + "guidance"
    )
  }

  /// A plan that leaves out a forward which its sampler uses is not followed.
  @Test func forwardsAreThoseOfTheSampler() throws {
    var broken = plan(.ddim, 10)
    broken.steps[3].isNeeded = false
    #expect(throws: RuntimeError(.planForward(step: 3, isPlanned: false))) {
      _ = try setup([broken])
    }
    #expect(
      RuntimeError(.planForward(step: 3, isPlanned: false)).description
        == "the plan leaves out the network at step 4, whose output the sampler uses; convert the "
        + "bundle again")
  }
}
