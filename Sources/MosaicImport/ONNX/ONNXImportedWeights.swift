public import MosaicCore
internal import MosaicIR

/// The weights of a network read from ONNX, in the shapes of its canonical graph.
public struct ONNXImportedWeights: ModelWeights {
  let model: ONNXModel
  let weights: DerivedWeights

  public func tensor(_ name: String) -> TensorView? { weights.tensor(name) }

  public func path(of name: String) -> String? { weights.path(of: name) }

  public var inputFiles: [String] { model.inputFiles }

  public func digest() -> [UInt8] { model.digest() }
}

/// Weights with values of inputs among them.
struct BoundWeights: WeightSource {
  let base: any WeightSource
  let values: [String: TensorView]

  func tensor(_ name: String) -> TensorView? { values[name] ?? base.tensor(name) }

  func path(of name: String) -> String? { values[name] == nil ? base.path(of: name) : nil }
}
