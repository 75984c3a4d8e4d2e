import ArgumentParser
import MosaicBundle
import MosaicCore
import MosaicRuntime

/// Whether a bundle's plans are followed.
struct PlanOptions: ParsableArguments {
  @Flag(help: "Follow no plan: variants go by noise level, nothing is reused.")
  var noPlan = false

  @Flag(help: "Refuse a run that the bundle's plans were not measured for, in place of a notice.")
  var strict = false

  /// How the bundle is sampled; says what that is, and what it is not.
  ///
  /// - Throws: `PlanNotice` under --strict.
  func setup(
    _ bundle: BundleReader, scheduler: SchedulerConfig?, steps: Int?, guidance: Float?
  ) throws -> SamplingSetup {
    let setup = try SamplingSetup(
      bundle.manifest, scheduler: scheduler, steps: steps, guidance: guidance,
      followsPlans: !noPlan)
    for notice in setup.notices {
      if strict { throw notice }
      printError("notice: \(notice)")
    }
    return setup
  }
}

extension SamplingSetup {
  /// Bytes of earlier steps' values for so many samples; 0 without a plan.
  func reuseBytes(samples: Int) -> Int {
    plan?.byteCount(samples: samples, forwardsPerSample: guidance == nil ? 1 : 2) ?? 0
  }

  /// Which plan is followed, and what that takes; nil without one.
  func planText(samples: Int) -> String? {
    guard let plan, let planNumber else { return nil }
    let counts = plan.uses.counts
    let reuse =
      counts.taken == 0
      ? "nothing reused"
      : "\(counts.taken) of \(counts.taken + counts.computed) unit values reused, in "
        + byteText(reuseBytes(samples: samples))
    return "follows plan \(planNumber): \(plan.plan.sampler.rawValue), "
      + "\(plan.plan.steps.count) steps, \(fixed(plan.plan.macShare, 3)) of the dense MACs, "
      + reuse
  }

  /// The keys that `run` adds of the plan it followed.
  func planJSON(samples: Int) -> [(String, JSONValue)] {
    let counts = plan?.uses.counts
    return [
      ("plan", planNumber.map { JSONValue($0) } ?? .null),
      ("forwards", JSONValue(trajectory.steps.count { $0.needsForward })),
      ("mac_share", plan.map { JSONValue($0.plan.macShare) } ?? .null),
      ("units_computed", counts.map { JSONValue($0.computed) } ?? .null),
      ("units_reused", JSONValue(counts?.taken ?? 0)),
      ("reuse_bytes", JSONValue(reuseBytes(samples: samples))),
    ]
  }
}
