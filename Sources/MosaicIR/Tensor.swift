public import MosaicCore

/// A tensor in memory with bound shape, as the graph interpreter passes it from node to node.
///
/// f16 and bf16 are held as f32 and rounded when a tensor of them is made, so each operation rounds
/// once. Integers are held in 64 bits, wrapped to their type; u64 as its bits; booleans as 0 and 1.
public struct Tensor: Sendable, Equatable {
  public enum Elements: Sendable, Equatable {
    case floats([Float])
    case doubles([Double])
    case integers([Int64])
  }

  public let element: DataType
  public var shape: [Int]
  public let elements: Elements

  /// - Parameter element: f32, or a narrower float that `floats` are rounded to.
  public init(_ floats: [Float], shape: [Int], as element: DataType = .f32) {
    precondition(floats.count == shape.reduce(1, *))
    self.shape = shape
    self.element = element
    switch element {
    case .f16: elements = .floats(floats.map { floatFromFloat16(bits: float16Bits($0)) })
    case .bf16: elements = .floats(floats.map { floatFromBFloat16(bits: bfloat16Bits($0)) })
    case .f64: elements = .doubles(floats.map(Double.init))
    default: elements = .floats(floats)
    }
  }

  /// - Parameter element: Any type; floats are rounded to it. Of integer types the numbers are whole
  ///   and in 64 bits.
  public init(doubles: [Double], shape: [Int], as element: DataType = .f64) {
    if element == .f64 {
      precondition(doubles.count == shape.reduce(1, *))
      self.init(element: element, shape: shape, exactly: .doubles(doubles))
    } else if element.isFloat {
      self.init(doubles.map(Float.init), shape: shape, as: element)
    } else {
      self.init(integers: doubles.map { Int64(saturating: $0) }, shape: shape, as: element)
    }
  }

  /// - Parameter element: An integer type that `integers` are wrapped to, or bool.
  public init(integers: [Int64], shape: [Int], as element: DataType = .i64) {
    precondition(integers.count == shape.reduce(1, *) && !element.isFloat)
    self.shape = shape
    self.element = element
    elements =
      element.byteWidth == 8 ? .integers(integers) : .integers(integers.map(element.wrapped))
  }

  public init(_ integers: [Int32], shape: [Int]) {
    self.init(integers: integers.map(Int64.init), shape: shape, as: .i32)
  }

  /// - Parameter elements: As tensors of type `element` hold them.
  init(element: DataType, shape: [Int], exactly elements: Elements) {
    self.element = element
    self.shape = shape
    self.elements = elements
  }

  public var count: Int { shape.reduce(1, *) }

  public var type: TensorType { TensorType(shape.map { Dimension($0) }, element: element) }

  /// The elements as f32, rounded.
  public var floats: [Float] {
    switch elements {
    case .floats(let floats): floats
    case .doubles(let doubles): doubles.map(Float.init)
    case .integers(let integers):
      element == .u64 ? integers.map { Float(UInt64(bitPattern: $0)) } : integers.map(Float.init)
    }
  }

  public var doubles: [Double] {
    switch elements {
    case .floats(let floats): floats.map(Double.init)
    case .doubles(let doubles): doubles
    case .integers(let integers):
      element == .u64 ? integers.map { Double(UInt64(bitPattern: $0)) } : integers.map(Double.init)
    }
  }

  /// The elements as integers, floats towards zero; NaN is 0, and what is too large the nearest.
  public var integers: [Int64] {
    switch elements {
    case .floats(let floats): floats.map { Int64(saturating: Double($0)) }
    case .doubles(let doubles): doubles.map { Int64(saturating: $0) }
    case .integers(let integers): integers
    }
  }

  /// One element, row-major.
  public func number(at position: Int) -> Double {
    switch elements {
    case .floats(let floats): Double(floats[position])
    case .doubles(let doubles): doubles[position]
    case .integers(let integers):
      element == .u64 ? Double(UInt64(bitPattern: integers[position])) : Double(integers[position])
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
      defer { rest %= max(stride, 1) }
      return rest / max(stride, 1)
    }
  }
}

extension Int64 {
  /// The whole part; NaN is 0, and what is too large the nearest there is.
  init(saturating number: Double) {
    if number.isNaN {
      self = 0
    } else {
      self = Int64(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
    }
  }
}

extension DataType {
  /// The integer of this type that `integer` is congruent to; of bool, whether it is not zero.
  func wrapped(_ integer: Int64) -> Int64 {
    switch self {
    case .bool: integer == 0 ? 0 : 1
    case .u8: Int64(UInt8(truncatingIfNeeded: integer))
    case .i8: Int64(Int8(truncatingIfNeeded: integer))
    case .u16: Int64(UInt16(truncatingIfNeeded: integer))
    case .i16: Int64(Int16(truncatingIfNeeded: integer))
    case .u32: Int64(UInt32(truncatingIfNeeded: integer))
    case .i32: Int64(Int32(truncatingIfNeeded: integer))
    default: integer
    }
  }

  /// Whether f32 kernels compute with it: results are rounded to it afterwards.
  var isComputedInF32: Bool { self == .f32 || self == .f16 || self == .bf16 }
}

extension DataType {
  /// The range of an integer type; of u64 by the order of signed bits.
  var smallest: Int64 {
    switch self {
    case .i8: Int64(Int8.min)
    case .i16: Int64(Int16.min)
    case .i32: Int64(Int32.min)
    case .i64, .u64: .min
    default: 0
    }
  }

  var largest: Int64 {
    switch self {
    case .bool: 1
    case .i64, .u64: .max
    default: smallest == 0 ? 1 << (8 * Int64(byteWidth)) - 1 : -(smallest + 1)
    }
  }
}
