internal import MosaicAnalysis
internal import MosaicCore
internal import MosaicImport
internal import MosaicLowering
internal import MosaicRuntime
internal import MosaicSurgery

/// What a conversion would take: `--dry-run`.
public struct Outlook: Sendable {
  public var groups: Int
  public var prunableShare: Double
  public var denseMacs: Double
  public var rowsPerColumn: Double
  public var statisticsBytes: Int
  public var memoryLimit: Int
  public var seconds: Double

  public var text: String {
    let waves = statisticsBytes > memoryLimit ? ", in waves" : ""
    return [
      "\(groups) pruning groups hold \(fixed(100 * prunableShare, 1)) % of "
        + "\(countText(denseMacs)) MACs a sampling run",
      "statistics: \(byteText(statisticsBytes)) of at most \(byteText(memoryLimit))\(waves); "
        + "about \(significant(rowsPerColumn)) rows a column"
        + (rowsPerColumn < 8 ? " (fewer than 8: raise --samples)" : ""),
      "time: about \(significant(seconds, 2)) s on this machine",
    ].joined(separator: "\n")
  }
}

extension Conversion {
  /// Measures a little, writes nothing.
  public func outlook() throws -> Outlook {
    let calibrator = try makeCalibrator()
    try checkFeasibility(of: calibrator.subject)
    return try calibrator.outlook(stages: options.stages)
  }
}

extension Calibrator {
  /// Measures a little, writes nothing.
  ///
  /// - Parameter stages: What would be done, each with its work in forwards of one sample.
  public func outlook(stages: [(name: String, weight: Double)]) throws -> Outlook {
    let samples = 16
    let noise = subject.noise(from: SampleStart.run, samples: samples)
    let labels = subject.labels(from: SampleStart.run, samples: samples)
    let timestep = subject.trajectory.steps[0].timestep
    // The first forward pays for fresh memory.
    _ = subject.predictor.predict(states: noise, timestep: timestep, labels: labels)
    let clock = ContinuousClock.now
    _ = subject.predictor.predict(states: noise, timestep: timestep, labels: labels)
    let forward = (ContinuousClock.now - clock) / .seconds(1) / Double(samples)
    let prunable = subject.groups.reduce(0) { $0 + $1.unitCount * $1.macsPerUnit }
    let rows = try subject.rowsPerSample()
    let fewest = zip(rows, subject.consumers).map { Double($0) / Double($1.columns) }.min() ?? 0
    let perBucket = subject.buckets.map(\.count).min() ?? 1
    return Outlook(
      groups: subject.groups.count,
      prunableShare: Double(prunable) / Double(max(subject.dense.graph.macs, 1)),
      denseMacs: subject.denseMacs,
      rowsPerColumn: fewest * Double(perBucket * subject.options.statisticsSamples),
      statisticsBytes: subject.statisticsBytes, memoryLimit: subject.options.memoryLimit,
      seconds: stages.reduce(0) { $0 + $1.weight } * forward)
  }
}
