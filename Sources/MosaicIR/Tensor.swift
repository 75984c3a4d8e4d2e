/// A tensor in memory with bound shape, as the graph interpreter passes it from node to node.
public struct Tensor: Sendable, Equatable {
  public enum Elements: Sendable, Equatable {
    case floats([Float])
    case integers([Int32])
  }

  public var shape: [Int]
  public var elements: Elements

  public init(_ floats: [Float], shape: [Int]) {
    precondition(floats.count == shape.reduce(1, *))
    self.shape = shape
    elements = .floats(floats)
  }

  public init(_ integers: [Int32], shape: [Int]) {
    precondition(integers.count == shape.reduce(1, *))
    self.shape = shape
    elements = .integers(integers)
  }

  public var count: Int { shape.reduce(1, *) }

  /// The elements as floats; integers are converted.
  public var floats: [Float] {
    switch elements {
    case .floats(let floats): floats
    case .integers(let integers): integers.map(Float.init)
    }
  }

  public var integers: [Int32] {
    switch elements {
    case .floats(let floats): floats.map { Int32($0) }
    case .integers(let integers): integers
    }
  }

  /// Row-major distances between neighbours along each axis.
  static func strides(of shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return strides
  }

  /// The coordinates of the element at row-major position `position` of `shape`.
  static func coordinates(of position: Int, in shape: [Int]) -> [Int] {
    var rest = position
    return strides(of: shape).map { stride in
      defer { rest %= stride }
      return rest / stride
    }
  }
}
