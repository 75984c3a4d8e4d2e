internal import MosaicAllocation
public import MosaicAnalysis
internal import MosaicCore
public import MosaicImport
internal import MosaicLowering
public import MosaicSurgery

/// Measures a checkpoint, once for all budgets, numbers of ranges and schedules.
public struct Calibrator {
  public let imported: ImportedModel
  public let subject: CalibrationSubject
  public let criterion: Criterion
  /// How many samples to draw, where that is to be found out.
  public let growth: SampleGrowth?
  /// Settings and checkpoint, as statistics files keep them.
  public let identity: CalibrationIdentity
  /// SHA-256 of the weight files, read once.
  private let checkpoint: [UInt8]
  private let progress: ProgressHandler

  /// - Parameter growth: Where given, takes the place of the options' numbers of samples.
  public init(
    _ imported: ImportedModel, options: CalibrationOptions, criterion: Criterion = .obs,
    growth: SampleGrowth? = nil, progress: @escaping ProgressHandler
  ) throws {
    guard let scheduler = imported.scheduler else {
      throw ImportError(path: imported.path, reason: .noScheduler)
    }
    let dense = try DenseNetwork(imported.graph, weights: imported.weights)
    let groups = try Self.findGroups(in: imported)
    func subject(_ options: CalibrationOptions) throws -> CalibrationSubject {
      try CalibrationSubject(
        dense: dense, groups: groups, model: imported.description, scheduler: scheduler,
        options: options, conditioning: imported.conditioning)
    }
    var made = try subject(options)
    if let growth {
      var options = options
      options.statisticsSamples = try growth.statisticsSamples(of: made)
      options.sensitivitySamples = min(options.sensitivitySamples, growth.maximum)
      made = try subject(options)
    }
    self.imported = imported
    self.subject = made
    self.criterion = criterion
    self.growth = growth
    self.progress = progress
    checkpoint = imported.weights.digest()
    identity = made.identity(checkpoint: checkpoint, criterion: criterion)
  }

  private static func findGroups(in imported: ImportedModel) throws -> [PruningGroup] {
    guard
      let state = imported.graph.inputs.first(where: {
        imported.graph[$0].name == imported.description.sampleInput
      })
    else { throw AnalysisError.noGroups }
    let groups = PruningGroups(of: imported.graph, state: state).groups
    guard !groups.isEmpty else { throw AnalysisError.noGroups }
    return groups
  }

  /// Gathers the moments of all samples, or of a shard of them.
  public func gather(shard: Shard = .whole) throws -> StatisticsFile {
    StatisticsFile(
      identity: identity,
      statistics: try subject.gatherStatistics(shard: shard, progress: progress),
      sensitivity: nil)
  }

  /// Measures sensitivity, where that has not been done.
  ///
  /// - Throws: `StatisticsError.Reason.incomplete` for a shard.
  public func complete(_ file: StatisticsFile, path: String) throws -> StatisticsFile {
    try file.requireAllLeaves(path: path)
    guard file.sensitivity == nil else { return file }
    var pass = SensitivityPass(subject, statistics: file.statistics, criterion: criterion)
    try pass.grow(to: subject.options.sensitivitySamples, progress: progress)
    if let growth {
      while pass.samples.count < growth.maximum,
        try growth.interval(of: pass.samples, in: subject, file.statistics) > growth.tolerance
      {
        try pass.grow(to: min(2 * pass.samples.count, growth.maximum), progress: progress)
      }
    }
    var result = file
    result.sensitivity = pass.samples
    return result
  }

  /// What was measured, ready to be solved.
  ///
  /// - Throws: `StatisticsError` where the file is of another checkpoint, network or trajectory.
  public func calibration(
    from file: StatisticsFile, path: String, transfer isTransfer: Bool = false
  ) throws -> Calibration {
    let difference = identity.difference(
      from: file.identity,
      leavingOut: isTransfer ? ["checkpoint", "criterion"] : ["criterion"])
    if let (field, expected, found) = difference {
      throw StatisticsError(
        path: path, reason: .differs(field: field, found: found, expected: expected))
    }
    try file.requireLayout(of: subject, path: path)
    let isOther = isTransfer && identity["checkpoint"] != file.identity["checkpoint"]
    let moved = isOther ? try subject.transfer(from: file.statistics) : nil
    var complete = file
    if complete.sensitivity == nil { complete = try self.complete(file, path: path) }
    guard let measured = complete.sensitivity else {
      preconditionFailure("a complete calibration has sensitivity")
    }
    return Calibration(
      imported: imported, checkpoint: checkpoint, subject: subject,
      statistics: complete.statistics, measured: measured,
      criterion: criterion, transfer: moved, plans: isOther ? [] : complete.plans)
  }
}

/// How far samples are drawn: until the schedule's predicted error is known well enough.
public struct SampleGrowth: Sendable {
  /// The largest relative standard error accepted of the predicted error.
  public var tolerance: Double
  /// The most samples of each kind.
  public var maximum: Int
  /// The budgets, as shares of the dense run, whose schedules are to be known.
  public var budgets: [Double]
  public var ranges: Int

  public init(tolerance: Double = 0.1, maximum: Int = 1024, budgets: [Double], ranges: Int) {
    self.tolerance = tolerance
    self.maximum = maximum
    self.budgets = budgets
    self.ranges = ranges
  }

  /// Samples that give every bucket's Gram matrices 8 rows a column, in whole leaves.
  func statisticsSamples(of subject: CalibrationSubject) throws -> Int {
    let steps = subject.trajectory.steps
    let needed = subject.buckets.map { bucket in steps[bucket].count { $0.needsForward } }
    var samples = 4 * CalibrationStatistics.leafSize
    for (consumer, perStep) in zip(subject.consumers, try subject.rowsPerSample()) {
      let rows = perStep * max(1, needed.min() ?? 1)
      samples = max(samples, (8 * consumer.columns + rows - 1) / max(rows, 1))
    }
    let leaf = CalibrationStatistics.leafSize
    return min(maximum, (samples + leaf - 1) / leaf * leaf)
  }

  /// The largest relative standard error of the predicted errors, over samples drawn again.
  func interval(
    of measured: SensitivitySamples, in subject: CalibrationSubject,
    _ statistics: CalibrationStatistics
  ) throws -> Double {
    let gains = subject.trajectory.influence(variance: statistics.variance)
    let report = SensitivityReport(measured, scalarGains: gains)
    let resampled = try SensitivityReport.resampled(measured, scalarGains: gains, times: 32)
      .map { try ErrorModel($0) }
    var largest = 0.0
    for budget in budgets {
      let request = AllocationRequest(
        model: try ErrorModel(report),
        costs: AllocationCosts(macs: try subject.macCosts()), budget: .macs(budget),
        ranges: .exactly(min(ranges, subject.buckets.count)),
        boundaries: subject.buckets.map(\.lowerBound))
      let schedule = try SparsitySchedule.solved(request)
      largest = max(largest, schedule.relativeError(over: resampled))
    }
    return largest
  }
}

extension ErrorModel {
  /// The closed form of what was measured.
  init(_ report: SensitivityReport) throws(AllocationError) {
    try self.init(
      levels: report.levels, amplitudes: report.amplitudes, correlation: report.correlation)
  }
}

extension SparsitySchedule {
  /// The standard deviation of the predicted error over other models of the same network, as a share
  /// of its mean; infinite where there are none.
  func relativeError(over models: [ErrorModel]) -> Double {
    let errors = models.map { max(0, $0.predictedError(sparsities)) }
    let mean = errors.reduce(0, +) / Double(max(errors.count, 1))
    guard errors.count > 1 else { return .infinity }
    guard mean > 0 else { return 0 }
    let square = errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (square / Double(errors.count - 1)).squareRoot() / mean
  }
}
