internal import MosaicAllocation
internal import MosaicAnalysis
internal import MosaicBundle
internal import MosaicCore
internal import MosaicLowering
internal import MosaicPruning
internal import MosaicSurgery

extension Conversion {
  func planSolver(_ calibration: Calibration) -> PlanSolver {
    PlanSolver(calibration, options.levers, options.probe, ranges: options.allocation.ranges)
  }

  /// The least share of the dense cost that is searched for where an error is asked for.
  private static let leastShare = 0.25

  /// - Throws: `AllocationError` for a budget that plans are not solved for.
  func checkPlanBudget() throws {
    switch options.allocation.budget {
    case .macs, .error: return
    case .milliseconds, .bytes:
      throw AllocationError.leversNeedMacsOrError(options.levers.listed)
    }
  }

  /// The plan for the budget: found among those of the statistics, or searched for.
  func solvePlan(_ calibration: Calibration) throws -> SolvedPlan {
    let solver = planSolver(calibration)
    let networks = try calibration.planNetworks(options.levers, progress: progress)
    if case .error(let most) = options.allocation.budget {
      let state = try solver.search(
        in: networks, down: Self.leastShare, to: most, progress: progress)
      return try solver.plan(withError: most, of: state, in: networks, progress: progress)
    }
    let budget = options.allocation.budget.share ?? 1
    let state = try solver.search(in: networks, down: budget, progress: progress)
    guard let plan = solver.plan(within: budget, of: state, in: networks) else {
      throw AllocationError.unreachable(
        asked: options.allocation.budget, least: .macs(state.trace.least))
    }
    return plan
  }

  /// The plan as a bundle carries it.
  func samplingPlan(
    _ planned: PlannedRun, _ variants: [RangeVariant], prediction: PairedError, proof: PairedError
  ) -> SamplingPlan {
    let isNeeded = planned.networks.isNeeded
    return SamplingPlan(
      sampler: imported.scheduler?.sampler ?? .ddim,
      eta: options.calibration.eta ?? imported.scheduler?.eta ?? 0,
      guidance: options.calibration.guidance.map(Double.init),
      units: planned.networks.units.names,
      steps: SamplingPlan.steps(
        of: planned.plan.reuse,
        variants: isNeeded.indices.map { step in
          variants.index(ofStep: step) ?? 0
        }, isNeeded: isNeeded),
      budget: options.allocation.budget.share, macShare: planned.cost,
      predicted: prediction.estimate,
      measured: proof.estimate)
  }
}

extension PairedError {
  /// With an interval of two standard errors.
  fileprivate var estimate: SamplingPlan.Estimate {
    let margin = standardError.isFinite ? 2 * standardError : 0
    return SamplingPlan.Estimate(
      mean: mean, lower: max(0, mean - margin), upper: mean + margin, samples: samples)
  }
}
