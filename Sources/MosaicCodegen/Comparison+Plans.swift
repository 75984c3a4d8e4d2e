internal import MosaicAllocation
internal import MosaicAnalysis
internal import MosaicCore
internal import MosaicLowering
internal import MosaicPruning
internal import MosaicRuntime

extension Calibration {
  /// Plans with the levers asked for, with reuse alone, and feature caching as the field does it.
  func planRows(
    _ options: ComparisonOptions, _ judge: Judge, _ dense: [Float], _ heldOut: HeldOutSamples,
    progress: ProgressHandler, scored: ([Float]) throws -> String?
  ) throws -> [Comparison.Row] {
    var rows: [Comparison.Row] = []
    func row(
      _ name: String, budget: Double?, share: Double, ranges: Int, seconds: Double,
      predicted: Double? = nil, _ reuse: RunReuse, predictor: (Int) -> Predictor
    ) throws {
      let (images, time) = try judge.run(reuse: reuse, progress: progress, predictor: predictor)
      rows.append(
        Comparison.Row(
          name: name, budget: budget, macShare: share,
          error: PairedError(images, dense, sampleSize: subject.predictor.stateSize),
          predicted: predicted, closedForm: nil, ranges: ranges, seconds: seconds,
          milliseconds: time, score: try scored(images)))
    }
    var sets: [(name: String, levers: Levers)] = [("plan", options.levers)]
    if options.levers != [.reuse], options.levers.contains(.reuse) {
      sets.append(("plan, reuse alone", [.reuse]))
    }
    for (name, levers) in sets {
      let solver = PlanSolver(self, levers, options.probe, ranges: options.ranges)
      let clock = ContinuousClock.now
      let networks = try planNetworks(levers, progress: progress)
      let state = try solver.search(
        in: networks, down: options.budgets.min() ?? 1, progress: progress)
      let seconds = (ContinuousClock.now - clock) / .seconds(1)
      for budget in options.budgets {
        guard let solved = solver.plan(within: budget, of: state, in: networks) else { continue }
        let variants = try prune(
          solved.schedule(target: .macs(budget)), spreading: .loss, shipped: subject.dense,
          progress: progress)
        let planned = try solver.plannedRun(
          solved, variants, from: subject.dense, progress: progress)
        let prediction = try heldOut.measure(progress: progress) {
          try planned.measure(on: $0, progress: progress)
        }
        try row(
          name, budget: budget, share: planned.cost, ranges: variants.count, seconds: seconds,
          predicted: prediction.final.mean, planned.reuse(samples: options.samples),
          predictor: planned.predictor(step:))
      }
    }
    for (name, budget, plan, networks) in try cachingPlans(options, progress: progress) {
      try row(
        name, budget: budget, share: networks.cost(plan), ranges: 1, seconds: 0,
        networks.reuse(of: plan.reuse, samples: options.samples)
      ) { networks.predictor(plan, step: $0) }
    }
    return rows
  }

  private func cachingPlans(
    _ options: ComparisonOptions, progress: ProgressHandler
  ) throws -> [(name: String, budget: Double?, plan: StepPlan, networks: PlanNetworks)] {
    let networks = try planNetworks([.reuse], progress: progress)
    let base = try subject.trajectories(
      from: SampleStart.plan, samples: options.probe.samples, stage: "caching: dense",
      progress: progress)
    let model = try networks.forecastModel(
      along: networks.densePlan, from: nil, on: base, stage: "caching", progress: progress
    ).model
    let caching = CachingBaselines(networks, model.values)
    var plans: [(name: String, budget: Double?, plan: StepPlan, networks: PlanNetworks)] = []
    for budget in options.budgets {
      let known = [
        ("first-block threshold", caching.threshold(within: budget, order: 0)),
        ("first-block threshold, extrapolated", caching.threshold(within: budget, order: 1)),
        ("reuse intervals", caching.intervals(within: budget)),
      ]
      for (name, plan) in known {
        if let plan { plans.append((name, budget, plan, networks)) }
      }
    }
    for period in [2, 3] {
      plans.append(
        ("every \(period) steps", nil, caching.periodic(period, laterHalf: false), networks))
      plans.append(
        (
          "every \(period) steps, later half", nil, caching.periodic(period, laterHalf: true),
          networks
        ))
    }
    return plans
  }
}
