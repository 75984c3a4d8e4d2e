public import MosaicBundle
public import MosaicCore

/// The network, or networks, that sampling asks: one for every noise level.
public protocol Denoiser {
  var model: ModelDescription { get }

  /// The network that serves a noise level, and its number.
  mutating func predictor(logSNR: Double) throws -> (Predictor, Int)
}

/// One network at every noise level: a dense checkpoint.
public struct DenseDenoiser: Denoiser {
  public let predictor: Predictor

  public init(_ predictor: Predictor) { self.predictor = predictor }

  public var model: ModelDescription { predictor.model }

  public func predictor(logSNR: Double) -> (Predictor, Int) { (predictor, 0) }
}

/// A bundle's variants, each read when the trajectory reaches its range. One is in memory at a
/// time; weights that the next one shares stay.
public struct BundleDenoiser: Denoiser {
  private let bundle: BundleReader
  private let threads: Int
  private let guidance: Float?
  private var current: (number: Int, predictor: Predictor)?
  private var buffers: [Manifest.WeightSource: FloatBuffer] = [:]

  /// - Parameter guidance: Weight of classifier-free guidance, or nil.
  public init(_ bundle: BundleReader, threads: Int, guidance: Float?) {
    self.bundle = bundle
    self.threads = threads
    self.guidance = guidance
  }

  public var model: ModelDescription { bundle.manifest.model }

  /// - Throws: `BundleError` where the variant is damaged, `RuntimeError` where it cannot be guided.
  public mutating func predictor(logSNR: Double) throws -> (Predictor, Int) {
    let number =
      bundle.manifest.variants.lastIndex { $0.logSNRLower <= logSNR } ?? 0
    return (try predictor(ofVariant: number), number)
  }

  /// - Precondition: The bundle has a variant of this number.
  public mutating func predictor(ofVariant number: Int) throws -> Predictor {
    if let current, current.number == number { return current.predictor }
    current = nil
    let variant = try bundle.variant(at: number)
    buffers = try load(variant)
    let weights = variant.weights.compactMap { buffers[$0] }
    let predictor = try Predictor(
      executor: Executor(program: variant.program, weights: weights, threads: threads),
      model: model, guidance: guidance)
    current = (number, predictor)
    return predictor
  }

  /// A variant's weights: those of the last one that it shares, and the others from the file.
  private func load(
    _ variant: Manifest.Variant
  ) throws(BundleError) -> [Manifest.WeightSource: FloatBuffer] {
    var known: [Manifest.WeightSource: FloatBuffer] = [:]
    var missing: [Manifest.WeightSource: Int] = [:]
    var sources: [Manifest.WeightSource] = []
    for (source, weight) in zip(variant.weights, variant.program.weights) {
      if let buffer = buffers[source] {
        known[source] = buffer
      } else if missing.updateValue(weight.shape.reduce(1, *), forKey: source) == nil {
        sources.append(source)
      }
    }
    let loaded = try FloatBuffer.filled(counts: sources.map { missing[$0, default: 0] }) {
      buffers throws(BundleError) in
      try bundle.loadFloats(Array(zip(sources, buffers)), threads: threads)
    }
    for (source, buffer) in zip(sources, loaded) { known[source] = buffer }
    return known
  }
}
