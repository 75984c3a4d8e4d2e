internal import MosaicCore
internal import MosaicIR

/// How one class of network in diffusers' naming becomes a graph.
protocol Architecture {
  /// diffusers' class name in `config.json`.
  static var className: String { get }

  /// - Throws: `ImportError` for a field that is wrong or not supported; `GraphError` where the
  ///   fields contradict each other.
  static func build(_ config: inout ConfigReader) throws -> (GraphBuilder, ModelDescription)
}

/// Every architecture the reader knows.
var architectures: [any Architecture.Type] { [DiTTransformer2D.self] }
