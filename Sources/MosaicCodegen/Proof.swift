internal import MosaicAnalysis
internal import MosaicPruning
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

/// What fresh samples say of a conversion.
public struct Proof: Sendable, Equatable {
  /// The variants against the dense network.
  public var measured: PairedError
  /// Uniform pruning at the same budget; nil where that is what was converted.
  public var uniform: PairedError?
  /// Time of the sampling runs, for the reader only.
  public var denseSeconds: Double
  public var mosaicSeconds: Double
}

extension CalibrationSubject {
  /// Samples dense, mosaic and uniform from the same noise, which neither the refit nor the
  /// schedule has seen.
  func prove(
    _ variants: [RangeVariant], against uniform: [RangeVariant]?, samples count: Int,
    progress: ProgressHandler
  ) throws -> Proof {
    let noise = noise(from: SampleStart.proof, samples: count)
    let labels = labels(from: SampleStart.proof, samples: count)
    func run(_ variants: [RangeVariant], stage: String) throws -> ([Float], Double) {
      var seconds = 0.0
      let final = try sampler.sample(
        noise: noise, labels: labels, firstItem: SampleStart.proof,
        predictor: { step in
          (variants.first { $0.steps.contains(step) }?.predictor ?? predictor, 0)
        },
        progress: { report in
          seconds += report.seconds
          try progress(Progress(stage: stage, done: report.step + 1, total: report.steps))
        })
      return (final, seconds)
    }
    let (dense, denseSeconds) = try run([], stage: "proof: dense")
    let (mosaic, mosaicSeconds) = try run(variants, stage: "proof: mosaic")
    let plain = try uniform.map { try run($0, stage: "proof: uniform").0 }
    return Proof(
      measured: PairedError(mosaic, dense, sampleSize: predictor.stateSize),
      uniform: plain.map { PairedError($0, dense, sampleSize: predictor.stateSize) },
      denseSeconds: denseSeconds, mosaicSeconds: mosaicSeconds)
  }
}
