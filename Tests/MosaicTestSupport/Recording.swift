import MosaicCore

/// Tensors that another program wrote.
public struct Recording {
  public struct Missing: Error {
    public var name: String
  }

  private let reader: SafetensorsReader

  public init(path: String) throws { reader = try SafetensorsReader(path: path) }

  /// The tensor as floats; integers are converted.
  public func floats(_ name: String) throws -> [Float] {
    let tensor = try tensor(name)
    return tensor.dataType.isFloat ? try tensor.floats() : tensor.integers().map(Float.init)
  }

  public func integers(_ name: String) throws -> [Int32] {
    try tensor(name).integers().map(Int32.init)
  }

  public func shape(_ name: String) throws -> [Int] { try tensor(name).shape }

  private func tensor(_ name: String) throws -> TensorView {
    guard let tensor = reader.tensor(name) else { throw Missing(name: name) }
    return tensor
  }
}
