internal import MosaicAllocation
internal import MosaicAnalysis
internal import MosaicBundle
internal import MosaicCore
internal import MosaicLowering
internal import MosaicPruning
internal import MosaicSurgery

/// A plan that was chosen for a budget, in the networks that it was measured with.
struct SolvedPlan {
  var plan: StepPlan
  var cost: Double
  /// Mean squared error of the final samples that its stage's measurement predicted.
  var predicted: Double
  /// Runs of steps with one network, and its sparsity.
  var ranges: [StepRange]

  init(_ plan: StepPlan, in networks: PlanNetworks, predicted: Double) {
    self.plan = plan
    self.predicted = predicted
    cost = networks.cost(plan)
    ranges = networks.ranges(of: plan)
  }

  /// What is pruned, as the stages behind the allocation take it.
  func schedule(target: Budget) -> SparsitySchedule {
    SparsitySchedule(
      kind: .solved, ranges: ranges, predictedError: predicted, clippedError: predicted,
      costShare: cost, budget: target.share ?? cost, target: target)
  }
}

extension PlanNetworks {
  /// Runs of steps with one network, and its sparsity.
  func ranges(of plan: StepPlan) -> [StepRange] {
    var ranges: [StepRange] = []
    for (bucket, steps) in subject.buckets.enumerated() {
      let level = plan.levels[bucket]
      let sparsity = level == 0 ? 0 : sparsities[level - 1]
      if let last = ranges.last, last.sparsity == sparsity {
        ranges[ranges.count - 1].steps = last.lowerBound..<steps.upperBound
      } else {
        ranges.append(StepRange(steps: steps, sparsity: sparsity))
      }
    }
    return ranges
  }
}

extension Calibration {
  /// Sparsities that plans choose from.
  static let planSparsities = [0.25, 0.5, 0.75]

  /// The networks that plans choose from.
  func planNetworks(_ levers: Levers, progress: ProgressHandler) throws -> PlanNetworks {
    let buckets = subject.buckets
    guard levers.contains(.prune) else {
      return try PlanNetworks(subject, sparsities: [], networks: buckets.map { _ in [] })
    }
    var maker = VariantMaker(
      subject, statistics: statistics, sensitivity: sensitivity, spreading: .loss,
      criterion: criterion)
    var networks: [[PrunedNetwork]] = []
    for (number, bucket) in buckets.enumerated() {
      networks.append(
        try Self.planSparsities.map { try maker.variant(steps: bucket, sparsity: $0).network })
      try progress(
        Progress(stage: "plan: networks", done: number + 1, total: buckets.count))
    }
    return try PlanNetworks(subject, sparsities: Self.planSparsities, networks: networks)
  }

  /// Searches for plans down to a cost, from where another search stopped.
  ///
  /// - Parameter stage: Called behind each stage: what is known then is a point to go on from.
  func searchPlans(
    in networks: PlanNetworks, _ options: PlanSearch.Options, from state: PlanSearchState,
    progress: ProgressHandler, stage: (PlanSearchState) throws -> Void = { _ in }
  ) throws -> PlanSearchState {
    let base = try subject.trajectories(
      from: SampleStart.plan, samples: options.effort.samples, stage: "plan: dense",
      progress: progress)
    var search = PlanSearch(networks, on: base, options: options, from: state)
    try search.run(progress: progress, stage: stage)
    return search.state
  }
}

extension Conversion {
  /// Samples whose values tell what reused ones are made of.
  private static let forecastSamples = 128

  /// The plan for the budget: found among those of the statistics, or searched for.
  func solvePlan(_ calibration: Calibration) throws -> SolvedPlan {
    guard let budget = options.allocation.budget.share else {
      throw AllocationError.leversNeedMacs(options.levers.listed)
    }
    let networks = try calibration.planNetworks(options.levers, progress: progress)
    var search = PlanSearch.Options()
    search.levers = options.levers
    search.effort = options.probe
    search.least = budget
    if case .exactly(let count) = options.allocation.ranges { search.rules.mostRanges = count }
    let state = try calibration.searchPlans(
      in: networks, search, from: PlanSearchState(), progress: progress)
    guard let plan = state.trace.plan(within: budget, in: networks) else {
      throw AllocationError.unreachable(
        asked: options.allocation.budget, least: .macs(state.trace.least))
    }
    let stage = state.trace.stages.first { $0.cost <= budget + 1e-9 }
    return SolvedPlan(
      plan.normalised(networks), in: networks, predicted: stage?.error ?? 0)
  }

  /// The plan with the networks that ship.
  func plannedRun(
    _ solved: SolvedPlan, _ variants: [RangeVariant], from shipped: DenseNetwork,
    in subject: CalibrationSubject
  ) throws -> PlannedRun {
    let networks = try PlanNetworks(
      subject, ranges: variants.map(\.steps), networks: variants.map(\.network), from: shipped)
    let base = try subject.trajectories(
      from: SampleStart.forecasts, samples: Self.forecastSamples, stage: "forecasts: dense",
      progress: progress)
    let plan = StepPlan(levels: variants.map { _ in 0 }, reuse: solved.plan.reuse)
    return try PlannedRun(networks, plan, on: base, progress: progress)
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
          variants.firstIndex { $0.steps.contains(step) } ?? 0
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
