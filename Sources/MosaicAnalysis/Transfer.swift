internal import MosaicCore

/// How far a fine-tune has moved from the checkpoint whose statistics it is given.
public struct TransferReport: Sendable, Equatable {
  /// Samples of both, from the same noise.
  public var samples: Int
  /// Mean squared difference of the final samples.
  public var difference: Double
  /// The same as a share of twice the samples' variance, which is what samples have that share
  /// nothing: 0 is the same network, 1 an unrelated one.
  public var share: Double
}

extension CalibrationSubject {
  /// Samples this network from the noise of the first leaf and compares with what the statistics'
  /// own network made of it.
  public func transfer(from statistics: CalibrationStatistics) throws -> TransferReport {
    let size = predictor.stateSize
    let samples = statistics.finalSamples.count / size
    let labels = labels(from: SampleStart.statistics, samples: samples)
    var state = sampler.start(noise: noise(from: SampleStart.statistics, samples: samples))
    for step in trajectory.steps.indices {
      let output = try denseOutput(state, labels, step: step)
      sampler.apply(
        output, to: &state, step: step, firstItem: SampleStart.statistics, stateSize: size)
    }
    let difference = meanSquare(
      state.states, Array(statistics.finalSamples.prefix(samples * size)))
    let unrelated = 2 * statistics.variance
    return TransferReport(
      samples: samples, difference: difference,
      share: unrelated > 0 ? difference / unrelated : 0)
  }
}
