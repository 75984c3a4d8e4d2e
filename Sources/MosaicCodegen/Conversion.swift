internal import MosaicAllocation
public import MosaicAnalysis
internal import MosaicBundle
internal import MosaicCore
internal import MosaicIR
public import MosaicImport
internal import MosaicLowering
public import MosaicPruning
internal import MosaicSurgery

/// The whole pipeline on one checkpoint: calibrate, solve, prune, emit, prove.
public struct Conversion {
  public let imported: ImportedModel
  public let options: ConversionOptions
  let progress: ProgressHandler

  public init(
    _ imported: ImportedModel, options: ConversionOptions, progress: @escaping ProgressHandler
  ) {
    self.imported = imported
    self.options = options
    self.progress = progress
  }

  /// What a conversion made, for those who want to look closer.
  public struct Outcome: Sendable {
    public var report: ConversionReport
    public var calibration: Calibration
    public var variants: [RangeVariant]
    /// The variants on held-out samples.
    public var prediction: PlanMeasurement
  }

  /// Converts, and writes the bundle to `path`.
  ///
  /// - Throws: A `MosaicError`; nothing is left under `path` then but what was there.
  public func run(to path: String) throws -> Outcome {
    // Before minutes of measuring.
    if options.levers != .plain { try checkPlanBudget() }
    let calibrator = try makeCalibrator()
    let subject = calibrator.subject
    try checkFeasibility(of: subject)
    let parity = try subject.dense.measureParity(
      model: imported.description, timesteps: parityTimesteps(subject),
      seed: options.calibration.seed, executor: subject.predictor.executor,
      conditioning: subject.conditioning)
    let original = try options.reference.map { path in
      try subject.predictor.executor.compare(with: try SafetensorsReader(path: path))
        .relativeError
    }
    let calibration = try calibrator.calibration(
      from: try options.statistics?.file ?? calibrator.gather(),
      path: options.statistics?.path ?? imported.path, transfer: options.isTransfer)

    let (request, latency) = try makeRequest(calibration)
    // What is proven is what is shipped: rounded and reordered before it is measured.
    let rounded = subject.dense.rounded(to: options.dataType)
    let isPlanned = options.levers != .plain
    let solved = isPlanned ? try solvePlan(calibration) : nil
    let (schedule, shipped, chosen) = try makeVariants(
      calibration, request, rounded.network, plan: solved)
    let planned = try solved.map {
      try planSolver(calibration).plannedRun(
        $0, chosen, from: shipped.network, progress: progress)
    }
    let heldOut = HeldOutSamples(subject)
    let prediction =
      if let planned {
        try heldOut.measure(progress: progress) {
          try planned.measure(on: $0, progress: progress)
        }
      } else {
        try heldOut.measure(progress: progress) { step in
          chosen.predictor(step: step)
        }
      }
    let uniform =
      schedule.kind == .uniform
      ? nil
      : try calibration.prune(
        try .uniform(
          ranges: schedule.ranges.count, for: try request.problem(atMACs: schedule.costShare)),
        criterion: options.criterion, shipped: rounded.network, stage: "pruning: uniform",
        progress: progress)
    let proof = try subject.prove(
      chosen, planned: planned, against: uniform, samples: options.proofSamples,
      progress: progress)
    let macs = planned.map { $0.cost * subject.denseMacs } ?? subject.macs(of: chosen)

    var manifest = manifest(
      calibration, schedule, latency: latency, prediction: prediction, variants: chosen,
      proof: Manifest.Proof(
        parityMaxRelative: parity.programError, parityOpSamplesMax: parity.nodeError,
        comparedWithOriginal: original != nil, samples: proof.measured.samples,
        predictedMSE: prediction.final.mean, measuredMSE: proof.measured.mean,
        standardError: proof.measured.standardError, median: proof.measured.median,
        uniformMeasuredMSE: proof.uniform?.mean ?? proof.measured.mean,
        denseMACs: Int(subject.denseMacs), mosaicMACs: Int(macs),
        uniformMACs: Int(subject.macs(of: uniform ?? chosen))))
    if let planned {
      manifest.plans = [
        samplingPlan(planned, chosen, prediction: prediction.final, proof: proof.measured)
      ]
    }
    try BundleEmitter(imported: imported, subject: subject, variants: chosen, shipped: shipped)
      .write(
        manifest, forecasts: planned.map { [$0.forecasts] } ?? [], to: path,
        compression: options.compression, replacing: options.replacesOutput)
    let report = ConversionReport(
      output: path, manifest: manifest, ranges: lines(chosen, subject), parity: parity,
      originalError: original, schedule: schedule,
      closedFormInterval: isPlanned ? 0 : try calibration.relativeError(of: schedule),
      proof: proof,
      transfer: calibration.transfer, latency: latency,
      rowsPerColumn: chosen.map { calibration.statistics.rowsPerColumn(of: $0.steps) }.min() ?? 0,
      tooLargeForType: rounded.kept,
      outlooks: isPlanned ? [] : calibration.outlooks(at: schedule.costShare))
    return Outcome(
      report: report, calibration: calibration, variants: chosen, prediction: prediction)
  }

  /// The network and its trajectory, ready to be measured.
  func makeCalibrator() throws -> Calibrator {
    try Calibrator(
      imported, options: options.calibration, criterion: options.criterion,
      growth: options.statistics == nil ? options.growth : nil, progress: progress)
  }

  /// Solves, prunes, and puts the variants into the order they are stored in.
  ///
  /// What a bundle stores is known to first order before anything is pruned, so a budget of bytes is
  /// tightened until it is kept.
  ///
  /// - Parameter plan: The plan that says what is pruned, in place of a schedule's solver.
  private func makeVariants(
    _ calibration: Calibration, _ request: AllocationRequest, _ rounded: DenseNetwork,
    plan: SolvedPlan?
  ) throws -> (SparsitySchedule, ShippedWeights, [RangeVariant]) {
    let subject = calibration.subject
    if let plan {
      let schedule = plan.schedule(target: options.allocation.budget)
      let pruned = try calibration.prune(
        schedule, criterion: options.criterion, shipped: rounded, progress: progress)
      let shipped = ShippedWeights(
        rounded, groups: subject.groups, orderedFor: pruned.map(\.network))
      return (schedule, shipped, try pruned.map { try shipped.place($0, in: subject) })
    }
    var request = request
    var least: Int?
    for attempt in 1... {
      var schedule: SparsitySchedule
      do {
        schedule = try calibration.makeSchedule(
          options.allocation, request, progress: progress)
      } catch let error as AllocationError {
        // Said of what was asked for, not of what it was tightened to.
        guard let least, case .unreachable = error else { throw error }
        throw AllocationError.unreachable(asked: options.allocation.budget, least: .bytes(least))
      }
      let pruned = try calibration.prune(
        schedule, criterion: options.criterion, shipped: rounded, progress: progress)
      let shipped = ShippedWeights(
        rounded, groups: subject.groups, orderedFor: pruned.map(\.network))
      let placed = try pruned.map { try shipped.place($0, in: subject) }
      guard case .bytes(let limit) = options.allocation.budget,
        case .bytes(let target) = request.budget
      else { return (schedule, shipped, placed) }
      let stored = try shipped.storedBytes(of: placed, from: imported.weights)
      if stored <= limit {
        schedule.target = options.allocation.budget
        schedule.bytes = stored
        return (schedule, shipped, placed)
      }
      least = min(least ?? stored, stored)
      if attempt == 8 {
        throw AllocationError.unreachable(
          asked: options.allocation.budget, least: .bytes(least ?? stored))
      }
      request.budget = .bytes(Int(0.995 * Double(target) * Double(limit) / Double(stored)))
    }
    preconditionFailure("the loop ends by returning")
  }

  private func makeRequest(
    _ calibration: Calibration
  ) throws -> (AllocationRequest, LatencyModel?) {
    var latency = options.allocation.latency
    if case .milliseconds = options.allocation.budget, latency == nil {
      latency = try calibration.measureLatency(progress: progress)
    }
    let costs = try calibration.subject.costs(latency: latency, storedAs: options.dataType)
    return (try calibration.request(options.allocation, costs: costs), latency)
  }

  /// The first, the middle and the last timestep of the trajectory, rounded.
  private func parityTimesteps(_ subject: CalibrationSubject) -> [Int] {
    let steps = subject.trajectory.steps
    let places = Set([0, steps.count / 2, steps.count - 1]).sorted()
    return places.map { Int(steps[$0].timestep.rounded()) }
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

extension CalibrationSubject {
  /// What schedules cost, in every unit that is known.
  func costs(
    latency: LatencyModel?, storedAs dataType: DataType?
  ) throws(AllocationError) -> AllocationCosts {
    let needed = trajectory.steps.map(\.needsForward)
    var milliseconds: CostModel?
    if let latency { milliseconds = try latency.costs(needsForward: needed) }
    return AllocationCosts(
      macs: try macCosts(), milliseconds: milliseconds, bytes: bundleSize(storedAs: dataType))
  }
}
