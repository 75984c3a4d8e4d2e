internal import MosaicAllocation
public import MosaicAnalysis
internal import MosaicBundle
internal import MosaicCore
internal import MosaicIR
public import MosaicImport
internal import MosaicLowering
internal import MosaicPruning
internal import MosaicSurgery

/// The whole pipeline on one checkpoint: calibrate, solve, prune, emit, prove.
public struct Conversion {
  public let imported: ImportedModel
  public let options: ConversionOptions
  private let progress: ProgressHandler

  public init(
    _ imported: ImportedModel, options: ConversionOptions, progress: @escaping ProgressHandler
  ) {
    self.imported = imported
    self.options = options
    self.progress = progress
  }

  /// Converts, and writes the bundle to `path`.
  ///
  /// - Throws: A `MosaicError`; nothing is left under `path` then but what was there.
  public func run(to path: String) throws -> ConversionReport {
    guard options.budget > 0, options.budget <= 1 else {
      throw AllocationError.budgetOutOfRange(options.budget)
    }
    guard options.schedule != .evolution, options.schedule != .file else {
      throw AllocationError.unavailableKind(options.schedule)
    }
    let subject = try makeSubject()
    try checkFeasibility(of: subject)
    let scheduler = try requireScheduler()
    let parity = try subject.dense.measureParity(
      model: imported.description, timesteps: parityTimesteps(subject),
      seed: options.calibration.seed, executor: subject.predictor.executor)
    let original = try options.reference.map { path in
      try subject.predictor.executor.compare(with: try SafetensorsReader(path: path))
        .relativeError
    }

    let statistics = try subject.gatherStatistics(progress: progress)
    let held = try subject.sensitivityTrajectories(progress: progress)
    let sensitivity = try subject.measureSensitivity(
      statistics, criterion: options.criterion, on: held, progress: progress)

    let problem = try allocationProblem(subject, sensitivity)
    let schedule = try makeSchedule(problem, subject, statistics, scheduler)
    // What is proven is what is shipped: rounded and reordered before it is measured.
    let rounded = subject.dense.rounded(to: options.dataType)
    let pruned = try prune(schedule, subject, statistics, sensitivity, rounded.network)
    let shipped = ShippedWeights(
      rounded.network, groups: subject.groups, orderedFor: pruned.map(\.network))
    let chosen = try pruned.map { try shipped.place($0, in: subject) }
    let fresh = try subject.predictionTrajectories(progress: progress)
    let prediction = try subject.measurePlan(on: fresh, progress: progress) { step in
      chosen.first { $0.steps.contains(step) }?.predictor
    }
    let uniform =
      schedule.kind == .uniform
      ? nil
      : try prune(
        try .uniform(ranges: schedule.ranges.count, for: problem), subject, statistics, sensitivity,
        rounded.network, stage: "pruning: uniform")
    let proof = try subject.prove(
      chosen, against: uniform, samples: options.proofSamples, progress: progress)

    let manifest = manifest(
      subject, scheduler, sensitivity: sensitivity, prediction: prediction, variants: chosen,
      proof: Manifest.Proof(
        parityMaxRelative: parity.programError, parityOpSamplesMax: parity.nodeError,
        comparedWithOriginal: original != nil, samples: proof.measured.samples,
        predictedMSE: prediction.predictedError, measuredMSE: proof.measured.mean,
        standardError: proof.measured.standardError, median: proof.measured.median,
        uniformMeasuredMSE: proof.uniform?.mean ?? proof.measured.mean,
        denseMACs: Int(subject.denseMacs), mosaicMACs: Int(subject.macs(of: chosen)),
        uniformMACs: Int(subject.macs(of: uniform ?? chosen))))
    try BundleEmitter(imported: imported, subject: subject, variants: chosen, shipped: shipped)
      .write(
        manifest, to: path, compression: options.compression,
        replacing: options.replacesOutput)
    return ConversionReport(
      output: path, manifest: manifest, ranges: lines(chosen, subject), parity: parity,
      originalError: original, closedFormError: schedule.predictedError, proof: proof,
      rowsPerColumn: chosen.map { statistics.rowsPerColumn(of: $0.steps) }.min() ?? 0,
      tooLargeForType: rounded.kept)
  }

  /// The dense network and its trajectory, ready to be measured.
  func makeSubject() throws -> CalibrationSubject {
    try CalibrationSubject(
      dense: try DenseNetwork(imported.graph, weights: imported.weights),
      groups: try findGroups(), model: imported.description, scheduler: try requireScheduler(),
      options: options.calibration)
  }

  private func requireScheduler() throws(ImportError) -> SchedulerConfig {
    guard let scheduler = imported.scheduler else {
      throw ImportError(path: imported.path, reason: .noScheduler)
    }
    return scheduler
  }

  private func findGroups() throws -> [PruningGroup] {
    guard
      let state = imported.graph.inputs.first(where: {
        imported.graph[$0].name == imported.description.sampleInput
      })
    else { throw AnalysisError.noGroups }
    let groups = try PruningGroups(of: imported.graph, state: state).groups
    guard !groups.isEmpty else { throw AnalysisError.noGroups }
    return groups
  }

  /// The first, the middle and the last timestep of the trajectory.
  private func parityTimesteps(_ subject: CalibrationSubject) -> [Int] {
    let steps = subject.trajectory.steps
    let places = Set([0, steps.count / 2, steps.count - 1]).sorted()
    return places.map { steps[$0].timestep }
  }

  private func allocationProblem(
    _ subject: CalibrationSubject, _ sensitivity: SensitivityReport
  ) throws(AllocationError) -> AllocationProblem {
    try AllocationProblem(
      model: try ErrorModel(
        levels: sensitivity.levels, amplitudes: sensitivity.amplitudes,
        correlation: sensitivity.correlation),
      cost: try costModel(subject), budget: options.budget,
      boundaries: subject.buckets.map(\.lowerBound))
  }

  private func makeSchedule(
    _ problem: AllocationProblem, _ subject: CalibrationSubject,
    _ statistics: CalibrationStatistics, _ scheduler: SchedulerConfig
  ) throws -> SparsitySchedule {
    switch options.schedule {
    case .solved: return try .solved(ranges: options.ranges, for: problem)
    case .uniform: return try .uniform(ranges: options.ranges, for: problem)
    case .paper:
      let scores = LearningSpeed.scores(
        alphas: try NoiseSchedule(scheduler).alphasCumulative,
        secondMoment: statistics.secondMoment)
      return try .paper(
        scores: subject.trajectory.steps.map { scores[$0.timestep] }, for: problem)
    case .evolution, .file:
      throw AllocationError.unavailableKind(options.schedule)
    }
  }

  private func prune(
    _ schedule: SparsitySchedule, _ subject: CalibrationSubject,
    _ statistics: CalibrationStatistics, _ sensitivity: SensitivityReport,
    _ shipped: DenseNetwork, stage: String = "pruning"
  ) throws -> [RangeVariant] {
    // Uniform is uniform over groups too.
    let plan = PruningPlan(
      schedule, spreading: schedule.kind == .uniform ? .uniform : .loss,
      criterion: options.criterion)
    return try plan.carryOut(
      on: subject, statistics: statistics, sensitivity: sensitivity, shipped: shipped,
      stage: stage, progress: progress)
  }

  private func lines(
    _ variants: [RangeVariant], _ subject: CalibrationSubject
  ) -> [ConversionReport.RangeLine] {
    variants.map { variant in
      let timesteps = subject.trajectory.steps[variant.steps].map(\.timestep)
      return ConversionReport.RangeLine(
        steps: variant.steps, timesteps: (timesteps.min() ?? 0)...(timesteps.max() ?? 0),
        sparsity: variant.sparsity,
        macShare: Double(variant.network.macs) / Double(subject.dense.graph.macs))
    }
  }
}
