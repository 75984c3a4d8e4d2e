public import MosaicAllocation
public import MosaicAnalysis
internal import MosaicCore
internal import MosaicLowering
internal import MosaicPruning
internal import MosaicSurgery

/// Finds plans for a calibration's budgets, and makes them ready to run.
struct PlanSolver {
  /// Samples whose values tell what reused ones are made of.
  private static let forecastSamples = 128

  private let calibration: Calibration
  private var options = PlanSearch.Options()

  init(
    _ calibration: Calibration, _ levers: Levers, _ probe: PlanSearch.Effort, ranges: RangeCount
  ) {
    self.calibration = calibration
    options.levers = levers
    options.effort = probe
    if case .exactly(let count) = ranges { options.rules.mostRanges = count }
  }

  /// What the search is asked for, all but how far it goes: statistics keep searches by this.
  var settings: String {
    let effort = options.effort
    return [
      "levers \(options.levers.listed)", "ranges \(options.rules.mostRanges)",
      "age \(options.rules.mostAge)", "stage \(options.stage)",
      "sparsities \(Calibration.planSparsities.map { "\($0)" }.joined(separator: ","))",
      "samples \(effort.samples),\(effort.samplesPerStage),\(effort.valueSamples)",
      "moves \(effort.moves)", "corrections of rank \(ForecastModel.rank)",
      effort.isScreened ? "screened" : "whole",
    ].joined(separator: "; ")
  }

  /// Searches down to a cost, or until the error is above one, from where the calibration's own
  /// search stopped.
  ///
  /// - Parameter stage: Called behind each stage: what is known then is a point to go on from.
  /// - Throws: `StatisticsError` where the calibration keeps a search of other networks.
  func search(
    in networks: PlanNetworks, down least: Double, to mostError: Double = .infinity,
    progress: ProgressHandler,
    stage: (PlanRecord) throws -> Void = { _ in }
  ) throws -> PlanSearchState {
    var options = options
    options.least = least
    options.mostError = mostError
    let known = calibration.plans.first { $0.settings == settings }
    if let known, !known.fits(networks) {
      throw StatisticsError(
        path: calibration.imported.path,
        reason: .tensor("plans", "keeps plans of other networks than the checkpoint's"))
    }
    let state = known?.state ?? PlanSearchState()
    let error = state.trace.stages.last?.error ?? 0
    if state.trace.least <= least + 1e-9 || error > mostError { return state }
    let base = try calibration.subject.trajectories(
      from: SampleStart.plan, samples: options.effort.samples, stage: "plan: dense",
      progress: progress)
    var search = PlanSearch(networks, on: base, options: options, from: state)
    try search.run(progress: progress) {
      try stage(PlanRecord(settings: settings, state: $0))
    }
    return search.state
  }

  /// The plan of a search for a budget; nil where it has none.
  func plan(
    within budget: Double, of state: PlanSearchState, in networks: PlanNetworks
  ) -> SolvedPlan? {
    guard let plan = state.trace.plan(within: budget, in: networks) else { return nil }
    let stage = state.trace.stages.first { $0.cost <= budget + 1e-9 }
    return SolvedPlan(
      plan.normalised(networks), in: networks, predicted: budget >= 1 ? 0 : stage?.error ?? 0)
  }

  /// The cheapest plan behind a stage whose final error on other samples is no larger than said; the
  /// dense one where none is.
  ///
  /// The samples that a stage was chosen on make its error too small, so others have to agree.
  func plan(
    withError most: Double, of state: PlanSearchState, in networks: PlanNetworks,
    progress: ProgressHandler
  ) throws -> SolvedPlan {
    let base = try forecastBase(progress: progress)
    for count in stride(from: state.trace.stages.count, to: 0, by: -1) {
      let stages = Array(state.trace.stages.prefix(count))
      guard stages[count - 1].error <= most else { continue }
      let plan = PlanTrace(stages: stages).plan(in: networks).normalised(networks)
      // Forecasts learnt on the same samples would make the error too small.
      let half = base.count / 2
      let (fit, judge) = (base.part(0..<half), base.part(half..<base.count))
      let model = try PlannedRun(networks, plan, on: fit, progress: progress).model
      let final = try networks.finals(of: plan, model, on: judge, progress: progress)
      let error = meanSquare(final, judge.final)
      if error <= most { return SolvedPlan(plan, in: networks, predicted: error) }
    }
    return SolvedPlan(networks.densePlan, in: networks, predicted: 0)
  }

  private func forecastBase(progress: ProgressHandler) throws -> DenseTrajectories {
    try calibration.subject.trajectories(
      from: SampleStart.forecasts, samples: Self.forecastSamples, stage: "forecasts: dense",
      progress: progress)
  }

  /// The plan with the networks that will run it.
  ///
  /// - Parameter weights: What the networks' dense weights are.
  func plannedRun(
    _ solved: SolvedPlan, _ variants: [RangeVariant], from weights: DenseNetwork,
    progress: ProgressHandler
  ) throws -> PlannedRun {
    let subject = calibration.subject
    let networks = try PlanNetworks(
      subject, ranges: variants.map(\.steps), networks: variants.map(\.network), from: weights)
    let base = try forecastBase(progress: progress)
    let plan = StepPlan(levels: variants.map { _ in 0 }, reuse: solved.plan.reuse)
    return try PlannedRun(networks, plan, on: base, progress: progress)
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
}

extension Calibration {
  /// Searches for plans down to a cost, from where the calibration's own search stopped.
  ///
  /// - Parameter stage: Called behind each stage with all searches as they stand: what a file keeps
  ///   to go on from.
  public func searchPlans(
    _ levers: Levers, _ probe: PlanSearch.Effort, ranges: RangeCount, down least: Double,
    progress: ProgressHandler, stage: ([PlanRecord]) throws -> Void
  ) throws {
    let solver = PlanSolver(self, levers, probe, ranges: ranges)
    let others = plans.filter { $0.settings != solver.settings }
    let networks = try planNetworks(levers, progress: progress)
    _ = try solver.search(in: networks, down: least, progress: progress) {
      try stage(others + [$0])
    }
  }

  /// What the searches that are kept would leave at a budget, a line each.
  func outlooks(at budget: Double) -> [String] {
    plans.compactMap { record in
      let stages = record.state.trace.stages
      guard let stage = stages.first(where: { $0.cost <= budget + 1e-9 }) else { return nil }
      return "a plan (\(record.settings.prefix { $0 != ";" })) has a final error of about "
        + "\(significant(stage.error)) at \(fixed(stage.cost, 3)) of the dense MACs"
    }
  }
}
