internal import MosaicCore
public import MosaicRuntime

/// The samples that predictions come from: as many as make one certain.
///
/// Errors at the final sample are heavy-tailed. With few samples the mean of what hardly differs from
/// dense hangs on the one or two that went another way.
public final class HeldOutSamples {
  private let subject: CalibrationSubject
  /// The first parts, while they are small.
  private var kept: [DenseTrajectories] = []

  /// The standard error, as a share of the mean, below which no more samples are drawn.
  public static let tolerance = 0.12
  /// Parts of the options' number of samples that are drawn at the most.
  public static let mostParts = 8
  /// Bytes of trajectories that are kept for the next prediction; the first part always is.
  private static let keptBytes = 256 << 20

  public init(_ subject: CalibrationSubject) { self.subject = subject }

  /// What a sequence of networks costs: see `CalibrationSubject.measurePlan`.
  public func measure(
    progress: ProgressHandler, network: (Int) -> Predictor?
  ) throws -> PlanMeasurement {
    try measure(progress: progress) { base in
      try subject.measurePlan(on: base, progress: progress, network: network)
    }
  }

  /// What anything costs that starts from the noise of dense trajectories.
  public func measure(
    progress: ProgressHandler, run: (DenseTrajectories) throws -> PlanMeasurement
  ) throws -> PlanMeasurement {
    var total = PlanMeasurement()
    for part in 0..<Self.mostParts {
      total.add(try run(try trajectories(ofPart: part, progress: progress)))
      if total.final.standardError <= Self.tolerance * total.final.mean { break }
    }
    return total
  }

  private func trajectories(
    ofPart part: Int, progress: ProgressHandler
  ) throws -> DenseTrajectories {
    if part < kept.count { return kept[part] }
    let size = subject.options.predictionSamples
    let made = try subject.trajectories(
      from: SampleStart.prediction + part * size, samples: size, stage: "prediction: dense",
      progress: progress)
    if kept.isEmpty || (part + 1) * made.byteCount <= Self.keptBytes { kept.append(made) }
    return made
  }
}
