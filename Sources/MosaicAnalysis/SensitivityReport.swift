/// What pruning costs, measured on samples that the refit has not seen.
public struct SensitivityReport: Sendable, Equatable {
  public let influence: CalibrationOptions.Influence
  /// Sparsities at which errors were measured, rising.
  public let levels: [Double]
  /// Mean squared error of the (guided) output at each step: [step][level].
  public let errors: [[Double]]
  /// Root mean squared error that arrives at the final sample: [step][level]; zeros where the
  /// sampler does not use the output.
  public let amplitudes: [[Double]]
  /// What a unit error of a step's output comes to at the final sample.
  public let gains: [Double]
  /// How the arriving errors of different steps correlate: [steps · steps], row-major.
  public let correlation: [Double]
  /// What a unit of a group's loss comes to in the output's squared error: [bucket][group]; empty
  /// rows where the criterion knows no losses.
  public let groupGains: [[Double]]
  public let samples: Int

  public init(
    influence: CalibrationOptions.Influence, levels: [Double], errors: [[Double]],
    amplitudes: [[Double]], gains: [Double], correlation: [Double],
    groupGains: [[Double]], samples: Int
  ) {
    self.influence = influence
    self.levels = levels
    self.errors = errors
    self.amplitudes = amplitudes
    self.gains = gains
    self.correlation = correlation
    self.groupGains = groupGains
    self.samples = samples
  }
}
