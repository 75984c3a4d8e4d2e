public import MosaicIR

/// Where the weights of an imported network lie.
public protocol ModelWeights: WeightSource {
  /// The files that hold them, the main one first.
  var inputFiles: [String] { get }

  /// SHA-256 of the files' bytes, one after the other.
  func digest() -> [UInt8]
}
