internal import MosaicAnalysis
public import MosaicPruning
internal import MosaicRuntime

/// Paired errors of pruned samples against dense ones from the same noise.
public struct PairedError: Sendable, Equatable {
  /// Mean over samples of the mean squared difference.
  public var mean: Double
  public var standardError: Double
  public var median: Double
  public var samples: Int

  /// - Parameters: [samples · size] each.
  init(_ a: [Float], _ b: [Float], sampleSize size: Int) {
    let count = a.count / max(size, 1)
    let errors = (0..<count).map { sample -> Double in
      let range = sample * size..<(sample + 1) * size
      let sum = range.reduce(0.0) { sum, index in
        let difference = Double(a[index]) - Double(b[index])
        return sum + difference * difference
      }
      return sum / Double(size)
    }
    let mean = errors.reduce(0, +) / Double(max(count, 1))
    let square = errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let sorted = errors.sorted()
    self.mean = mean
    standardError =
      count > 1 ? (square / Double(count - 1) / Double(count)).squareRoot() : .infinity
    median =
      count == 0 ? 0 : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    samples = count
  }
}

/// Fresh samples by the dense network, and the time a step took.
struct ProofSamples {
  let noise: [Float]
  let labels: [Int32]
  let dense: [Float]
  let denseSeconds: Double
}

extension CalibrationSubject {
  /// Samples that neither the refit nor the schedule has seen, by the dense network.
  func proofSamples(_ count: Int, progress: ProgressHandler) throws -> ProofSamples {
    let noise = noise(from: SampleStart.proof, samples: count)
    let labels = labels(from: SampleStart.proof, samples: count)
    let (dense, seconds) = try proofRun(noise, labels, stage: "proof: dense", progress) { _ in
      predictor
    }
    return ProofSamples(noise: noise, labels: labels, dense: dense, denseSeconds: seconds)
  }

  /// The same samples by variants.
  func prove(
    _ variants: [RangeVariant], against samples: ProofSamples, stage: String,
    progress: ProgressHandler
  ) throws -> (error: PairedError, seconds: Double) {
    let (final, seconds) = try proofRun(samples.noise, samples.labels, stage: stage, progress) {
      step in variants.first { $0.steps.contains(step) }?.predictor ?? predictor
    }
    let error = PairedError(final, samples.dense, sampleSize: predictor.stateSize)
    return (error, seconds)
  }

  private func proofRun(
    _ noise: [Float], _ labels: [Int32], stage: String, _ progress: ProgressHandler,
    network: (Int) -> Predictor
  ) throws -> ([Float], Double) {
    var seconds = 0.0
    let final = try sampler.sample(
      noise: noise, labels: labels, firstItem: SampleStart.proof,
      predictor: { (network($0), 0) },
      progress: { report in
        seconds += report.seconds
        try progress(Progress(stage: stage, done: report.step + 1, total: report.steps))
      })
    return (final, seconds)
  }
}
