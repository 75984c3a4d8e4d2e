public import MosaicAllocation
public import MosaicAnalysis
internal import MosaicBundle
internal import MosaicCore
internal import MosaicIR
public import MosaicImport
public import MosaicLowering
public import MosaicPruning
public import MosaicSurgery

/// A network and everything that was measured of it: what any schedule is solved from, without
/// sampling again.
public struct Calibration: Sendable {
  public let imported: ImportedModel
  /// SHA-256 of the weight files.
  let checkpoint: [UInt8]
  public let subject: CalibrationSubject
  public let statistics: CalibrationStatistics
  public let measured: SensitivitySamples
  public let sensitivity: SensitivityReport
  /// What the sensitivity was measured for.
  public let criterion: Criterion
  /// How far the checkpoint is from the one measured; nil where it is that one.
  public let transfer: TransferReport?
  /// Searches for plans, as far as they came.
  public let plans: [PlanRecord]

  init(
    imported: ImportedModel, checkpoint: [UInt8], subject: CalibrationSubject,
    statistics: CalibrationStatistics, measured: SensitivitySamples, criterion: Criterion,
    transfer: TransferReport?, plans: [PlanRecord]
  ) {
    self.imported = imported
    self.checkpoint = checkpoint
    self.subject = subject
    self.statistics = statistics
    self.measured = measured
    self.criterion = criterion
    self.transfer = transfer
    self.plans = plans
    sensitivity = SensitivityReport(
      measured,
      scalarGains: subject.trajectory.influence(variance: statistics.variance))
  }

  /// Reports from samples drawn again, from which intervals follow.
  public func resampled(times: Int = 64) -> [SensitivityReport] {
    SensitivityReport.resampled(
      measured, scalarGains: subject.trajectory.influence(variance: statistics.variance),
      times: times)
  }

  /// The relative standard error of a schedule's closed-form error.
  func relativeError(of schedule: SparsitySchedule) throws -> Double {
    schedule.relativeError(over: try resampled().map { try ErrorModel($0) })
  }

  /// What is to be solved.
  public func request(
    _ options: AllocationOptions, costs: AllocationCosts
  ) throws -> AllocationRequest {
    AllocationRequest(
      model: try ErrorModel(sensitivity), costs: costs, budget: options.budget,
      ranges: options.ranges, lowest: options.lowest, highest: options.highest,
      boundaries: subject.buckets.map(\.lowerBound),
      stepFactors: try options.earlyProtection.map {
        try EarlyProtection.factors(
          strength: $0, logSNR: subject.trajectory.steps.map(\.logSNR))
      })
  }

  /// The learning speed of each step, 0 to 1.
  public func learningSpeed() throws -> [Double] {
    guard let scheduler = imported.scheduler else { return [] }
    let scores = LearningSpeed.scores(
      alphas: try NoiseSchedule(scheduler).alphasCumulative,
      secondMoment: statistics.secondMoment)
    return subject.trajectory.steps.map { step in
      scores[min(max(Int(step.timestep.rounded()), 0), scores.count - 1)]
    }
  }

  /// Prunes the network for a schedule.
  ///
  /// - Parameter spreading: By default that of the schedule's own method.
  public func prune(
    _ schedule: SparsitySchedule, criterion: Criterion? = nil,
    spreading: PruningPlan.Spreading? = nil, shipped: DenseNetwork,
    stage: String = "pruning", progress: ProgressHandler
  ) throws -> [RangeVariant] {
    let plan = PruningPlan(
      schedule, spreading: spreading ?? PruningPlan.Spreading(of: schedule.kind),
      criterion: criterion ?? self.criterion)
    return try plan.carryOut(
      on: subject, statistics: statistics, sensitivity: sensitivity, shipped: shipped,
      stage: stage, progress: progress)
  }
}

/// What is asked of a schedule.
public struct AllocationOptions: Sendable {
  public var budget = Budget.macs(0.75)
  public var ranges = RangeCount.exactly(4)
  public var schedule = SparsitySchedule.Kind.solved
  /// A schedule made by hand, in place of a kind.
  public var scheduleFile: ScheduleFile?
  /// The least and the largest sparsity of any step; nil for the largest measured.
  public var lowest = 0.0
  public var highest: Double?
  /// How many times as much the squared error of the noisiest steps counts; nil for once.
  public var earlyProtection: Double?
  /// Measured times in place of this machine's.
  public var latency: LatencyModel?

  public init() {}
}

extension CalibrationSubject {
  /// Multiply-accumulates of each step's forward; none where the sampler does not use its output.
  func macCosts() throws(AllocationError) -> CostModel {
    let prunable = groups.reduce(0) { $0 + $1.unitCount * $1.macsPerUnit }
    func perStep(_ macs: Int) -> [Double] {
      trajectory.steps.map { $0.needsForward ? macsPerStep(macs) : 0 }
    }
    return try CostModel(
      fixed: perStep(dense.graph.macs - prunable), prunable: perStep(prunable))
  }

  /// What a bundle's tensors take, from the groups' own weights.
  ///
  /// - Parameter dataType: Of all stored tensors; nil keeps each in its own.
  func bundleSize(storedAs dataType: DataType?) -> BundleSize {
    func bytes(_ id: ValueID) -> Int {
      let count = dense.graph[id].type.shape(batch: 1).reduce(1, *)
      let type = dataType ?? dense.storage[id] ?? .f32
      return count * type.byteWidth
    }
    let producers = Set(groups.flatMap(\.producers))
    let biases = Set(self.consumers.compactMap(\.bias)).subtracting(producers)
    let consumers = Set(self.consumers.map(\.weight)).subtracting(producers)
    let others = Set(dense.graph.weights.filter { dense.storage[$0] != nil })
      .subtracting(producers).subtracting(consumers).subtracting(biases)
    func sum(_ ids: Set<ValueID>) -> Int { ids.reduce(0) { $0 + bytes($1) } }
    return BundleSize(
      fixed: sum(others), producers: sum(producers), consumers: sum(consumers),
      consumersFixed: sum(biases))
  }
}

extension Calibration {
  /// The calibration as a file keeps it.
  public func file(identity: CalibrationIdentity) -> StatisticsFile {
    StatisticsFile(identity: identity, statistics: statistics, sensitivity: measured)
  }
}
