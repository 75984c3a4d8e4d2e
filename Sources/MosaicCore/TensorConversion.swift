/// A tensor's elements are not of the kind asked for.
public struct TensorConversionError: MosaicError, Equatable {
  public var dataType: DataType

  public var description: String {
    "elements of type \(dataType.rawValue) where floating-point numbers are expected;"
      + " check that the tensor is the one meant"
  }

  public var exitStatus: ExitStatus { .badData }
}

extension TensorView {
  /// Returns the elements as f32: exact from f8, f16 and bf16, rounded to nearest from f64.
  ///
  /// - Throws: `TensorConversionError` where the elements are integers or booleans.
  public func floats() throws(TensorConversionError) -> [Float] {
    guard dataType.isFloat else { throw TensorConversionError(dataType: dataType) }
    return [Float](unsafeUninitializedCapacity: elementCount) { buffer, count in
      convert(into: UnsafeMutableBufferPointer(rebasing: buffer[..<elementCount]))
      count = elementCount
    }
  }

  /// Writes the elements as f32, integers rounded to nearest and booleans as 0 and 1.
  ///
  /// - Precondition: `target` has a place for every element; it may be uninitialised, and may not
  ///   overlap the view.
  public func convert(into target: UnsafeMutableBufferPointer<Float>) {
    withExtendedLifetime(owner) { dataType.convert(bytes, into: target) }
  }

  /// Returns integer or boolean elements; booleans are 0 or 1 whatever their byte, and u64 beyond
  /// the largest `Int64` becomes that.
  ///
  /// - Precondition: `dataType.isFloat` is false.
  public func integers() -> [Int64] {
    precondition(!dataType.isFloat, "integers() of \(dataType.rawValue)")
    guard let source = bytes.baseAddress else { return [] }
    return [Int64](unsafeUninitializedCapacity: elementCount) { buffer, count in
      count = elementCount
      guard let start = buffer.baseAddress else { return }
      withExtendedLifetime(owner) {
        switch dataType {
        case .bool: fill(start, count, from: source, UInt8.self) { $0 == 0 ? 0 : 1 }
        case .u8: fill(start, count, from: source, UInt8.self) { Int64($0) }
        case .i8: fill(start, count, from: source, Int8.self) { Int64($0) }
        case .u16: fill(start, count, from: source, UInt16.self) { Int64($0) }
        case .i16: fill(start, count, from: source, Int16.self) { Int64($0) }
        case .u32: fill(start, count, from: source, UInt32.self) { Int64($0) }
        case .i32: fill(start, count, from: source, Int32.self) { Int64($0) }
        case .u64: fill(start, count, from: source, UInt64.self) { Int64(clamping: $0) }
        default: fill(start, count, from: source, Int64.self) { $0 }
        }
      }
    }
  }
}

extension DataType {
  /// Writes elements of this type as f32, as `TensorView.convert` does.
  ///
  /// - Precondition: `target` has a place for every element of `bytes`.
  public func convert(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>
  ) {
    let count = target.count
    precondition(bytes.count == count * byteWidth)
    guard let source = bytes.baseAddress, let start = target.baseAddress else { return }
    switch self {
    case .f32: UnsafeMutableRawPointer(start).copyMemory(from: source, byteCount: bytes.count)
    case .f16: fill(start, count, from: source, UInt16.self) { floatFromFloat16(bits: $0) }
    case .bf16: fill(start, count, from: source, UInt16.self) { floatFromBFloat16(bits: $0) }
    case .f64: fill(start, count, from: source, Double.self) { Float($0) }
    case .f8e5m2: lookUp(start, count, from: source) { floatFromFloat8E5M2(bits: $0) }
    case .f8e4m3: lookUp(start, count, from: source) { floatFromFloat8E4M3(bits: $0) }
    case .bool: fill(start, count, from: source, UInt8.self) { $0 == 0 ? 0 : 1 }
    case .u8: fill(start, count, from: source, UInt8.self) { Float($0) }
    case .i8: fill(start, count, from: source, Int8.self) { Float($0) }
    case .u16: fill(start, count, from: source, UInt16.self) { Float($0) }
    case .i16: fill(start, count, from: source, Int16.self) { Float($0) }
    case .u32: fill(start, count, from: source, UInt32.self) { Float($0) }
    case .i32: fill(start, count, from: source, Int32.self) { Float($0) }
    case .u64: fill(start, count, from: source, UInt64.self) { Float($0) }
    case .i64: fill(start, count, from: source, Int64.self) { Float($0) }
    }
  }
}

/// Writes `value` of each of `count` elements; the source may be unaligned.
@inline(__always)
private func fill<Source: BitwiseCopyable, Target: BitwiseCopyable>(
  _ target: UnsafeMutablePointer<Target>, _ count: Int, from source: UnsafeRawPointer,
  _: Source.Type, _ value: (Source) -> Target
) {
  for index in 0..<count {
    let element = source.loadUnaligned(
      fromByteOffset: index &* MemoryLayout<Source>.size, as: Source.self)
    (target + index).initialize(to: value(element))
  }
}

/// The same for one-byte elements with a dear `value`, through a table of all 256.
private func lookUp(
  _ target: UnsafeMutablePointer<Float>, _ count: Int, from source: UnsafeRawPointer,
  _ value: (UInt8) -> Float
) {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { table in
    for bits in 0..<256 { table.initializeElement(at: bits, to: value(UInt8(bits))) }
    fill(target, count, from: source, UInt8.self) { table[Int($0)] }
  }
}
