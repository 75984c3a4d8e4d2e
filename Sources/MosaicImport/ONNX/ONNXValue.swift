/// A graph's input or output.
public struct ONNXValue: Sendable, Equatable {
  public var name: String
  /// Nil where the file leaves it to be inferred, as it may inside a graph.
  public var type: ONNXTensorType?
}

public struct ONNXTensorType: Sendable, Equatable, CustomStringConvertible {
  public var elementType: ONNXElementType
  /// Nil where the rank is not known.
  public var shape: [ONNXDimension]?

  /// As `FLOAT [batch, 4, 8, 8]`.
  public var description: String {
    let extents = shape.map { "[\($0.map(\.description).joined(separator: ", "))]" }
    return "\(elementType.name) \(extents ?? "of any rank")"
  }
}

public enum ONNXDimension: Sendable, Equatable, CustomStringConvertible {
  case fixed(Int)
  /// Equal wherever the name is the same.
  case symbolic(String)
  case unknown

  public var description: String {
    switch self {
    case .fixed(let extent): "\(extent)"
    case .symbolic(let name): name
    case .unknown: "?"
    }
  }
}
