extension TensorView {
  /// A view of `floats` stored as f32, f16 or bf16, rounded to nearest, ties to even.
  ///
  /// A finite float too large for the type becomes infinite: `nonFiniteCount` tells.
  ///
  /// - Precondition: `dataType` is one of the three, and `shape` has as many elements as `floats`.
  public init(_ floats: [Float], shape: [Int], storedAs dataType: DataType) {
    let buffer = OwnedBytes(count: floats.count * dataType.byteWidth)
    floats.withUnsafeBufferPointer { encode($0, as: dataType, into: buffer.memory) }
    self.init(
      dataType: dataType, shape: shape, bytes: UnsafeRawBufferPointer(buffer.memory), owner: buffer)
  }
}

/// Writes `floats` as little-endian f32, f16 or bf16, rounded to nearest, ties to even.
///
/// - Precondition: `dataType` is one of the three; `target` has exactly the bytes needed, at any
///   alignment, and does not overlap `floats`.
public func encode(
  _ floats: UnsafeBufferPointer<Float>, as dataType: DataType,
  into target: UnsafeMutableRawBufferPointer
) {
  precondition(target.count == floats.count * dataType.byteWidth)
  guard let source = floats.baseAddress, let start = target.baseAddress else { return }
  switch dataType {
  case .f32: target.copyMemory(from: UnsafeRawBufferPointer(floats))
  case .f16: store(source, floats.count, into: start) { float16Bits($0) }
  case .bf16: store(source, floats.count, into: start) { bfloat16Bits($0) }
  default: preconditionFailure("floats are not stored as \(dataType.rawValue)")
  }
}

@inline(__always)
private func store(
  _ source: UnsafePointer<Float>, _ count: Int, into target: UnsafeMutableRawPointer,
  _ bits: (Float) -> UInt16
) {
  for index in 0..<count {
    target.storeBytes(of: bits(source[index]), toByteOffset: index &* 2, as: UInt16.self)
  }
}
