public import MosaicAnalysis
internal import MosaicPruning
internal import MosaicRuntime

/// What fresh samples say of a conversion.
public struct Proof: Sendable, Equatable {
  /// The variants against the dense network.
  public var measured: PairedError
  /// Uniform pruning at the same budget; nil where that is what was converted.
  public var uniform: PairedError?
  /// Time of the sampling runs, for the reader only.
  public var denseSeconds: Double
  public var mosaicSeconds: Double
  /// The first of the samples, [n · state], for pictures.
  public var denseImages: [Float] = []
  public var mosaicImages: [Float] = []

  /// Samples that pictures are made of.
  static let imageCount = 16
}

extension CalibrationSubject {
  /// Samples dense, mosaic and uniform from the same noise, which neither the refit nor the
  /// schedule has seen.
  ///
  /// - Parameter planned: The plan that the variants follow, if they do.
  func prove(
    _ variants: [RangeVariant], planned: PlannedRun? = nil, against uniform: [RangeVariant]?,
    samples count: Int, progress: ProgressHandler
  ) throws -> Proof {
    let noise = noise(from: SampleStart.proof, samples: count)
    let labels = labels(from: SampleStart.proof, samples: count)
    func run(
      _ variants: [RangeVariant], planned: PlannedRun? = nil, stage: String
    ) throws -> ([Float], Double) {
      var seconds = 0.0
      let final = try sampler.sample(
        noise: noise, labels: labels, firstItem: SampleStart.proof,
        reuse: planned?.reuse(samples: count),
        predictor: { step in
          let own = variants.predictor(step: step)
          return (planned?.predictor(step: step) ?? own ?? predictor, 0)
        },
        progress: { report in
          seconds += report.seconds
          try progress(Progress(stage: stage, done: report.step + 1, total: report.steps))
        })
      return (final, seconds)
    }
    let (dense, denseSeconds) = try run([], stage: "proof: dense")
    let (mosaic, mosaicSeconds) = try run(
      variants, planned: planned, stage: "proof: mosaic")
    let plain = try uniform.map { try run($0, stage: "proof: uniform").0 }
    let shown = min(Proof.imageCount, count) * predictor.stateSize
    return Proof(
      measured: PairedError(mosaic, dense, sampleSize: predictor.stateSize),
      uniform: plain.map { PairedError($0, dense, sampleSize: predictor.stateSize) },
      denseSeconds: denseSeconds, mosaicSeconds: mosaicSeconds,
      denseImages: Array(dense.prefix(shown)), mosaicImages: Array(mosaic.prefix(shown)))
  }
}
