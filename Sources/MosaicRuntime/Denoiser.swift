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
/// time; what variants share stays, and a switch copies none of it.
public struct BundleDenoiser: Denoiser {
  private let bundle: BundleReader
  private let threads: Int
  private let guidance: Float?
  private var current: (number: Int, predictor: Predictor)?
  private var weights: VariantWeights

  /// - Parameter guidance: Weight of classifier-free guidance, or nil.
  public init(_ bundle: BundleReader, threads: Int, guidance: Float?) {
    self.bundle = bundle
    self.threads = threads
    self.guidance = guidance
    weights = VariantWeights(bundle, threads: threads)
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
    let predictor = try Predictor(
      executor: Executor(
        program: variant.program, weights: weights.load(variant), threads: threads),
      model: model, guidance: guidance)
    current = (number, predictor)
    return predictor
  }
}
