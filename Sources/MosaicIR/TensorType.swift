public import MosaicCore

/// What flows along a value: element type and shape.
///
/// Timesteps and labels of checkpoints are `i32`, as programs take them; graphs read from ONNX have
/// the types that their files declare.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
  public var element: DataType
  public var shape: [Dimension]

  public init(_ shape: [Dimension], element: DataType = .f32) {
    self.shape = shape
    self.element = element
  }

  public var rank: Int { shape.count }

  /// Whether axis 0 is the batch and no other axis depends on it.
  public var isBatched: Bool {
    shape.first == .batch && shape.dropFirst().allSatisfy(\.isFixed)
  }

  /// Whether no axis depends on the batch.
  public var isFixed: Bool { shape.allSatisfy(\.isFixed) }

  /// The shape with every batch axis bound to `batch`.
  public func shape(batch: Int) -> [Int] { shape.map { $0.extent(batch: batch) } }

  /// Shape of one sample: without the leading batch axis where there is one.
  public var sampleShape: [Int] { isBatched ? shape.dropFirst().map(\.factor) : shape(batch: 1) }

  /// Elements of one sample.
  public var sampleCount: Int { sampleShape.reduce(1, *) }

  /// The number of elements: a factor and a power of the batch; nil where it leaves what any memory
  /// can hold, or where an extent alone does.
  public var count: Dimension? {
    var count: Dimension? = 1
    for dimension in shape {
      guard (0...TensorType.largestCount).contains(dimension.factor) else { return nil }
      count = count?.multiplied(by: dimension)
    }
    guard let count, count.factor <= TensorType.largestCount else { return nil }
    return count
  }

  /// Far beyond any memory, and far from where products of two extents leave `Int`.
  public static let largestCount = 1 << 48

  public var description: String {
    let dimensions = shape.map(\.description).joined(separator: ", ")
    return switch element {
    case .f32: "[\(dimensions)]"
    case .i32: "int [\(dimensions)]"
    default: "\(element.rawValue.lowercased()) [\(dimensions)]"
    }
  }
}
