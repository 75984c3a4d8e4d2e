public import MosaicCore

extension Tensor {
  /// What is stored, converted to how tensors in memory hold it; 8-bit floats become f32.
  public init(_ view: TensorView) {
    switch view.dataType {
    case .f64:
      let doubles = withExtendedLifetime(view.owner) {
        (0..<view.elementCount).map {
          view.bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self)
        }
      }
      self.init(doubles: doubles, shape: view.shape)
    case .u64:
      let bits = withExtendedLifetime(view.owner) {
        (0..<view.elementCount).map {
          view.bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)
        }
      }
      self.init(integers: bits, shape: view.shape, as: .u64)
    case let type where !type.isFloat:
      self.init(integers: view.integers(), shape: view.shape, as: type)
    case let type:
      let floats = [Float](unsafeUninitializedCapacity: view.elementCount) { buffer, count in
        count = view.elementCount
        view.convert(into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      }
      self.init(floats, shape: view.shape, as: type == .f16 || type == .bf16 ? type : .f32)
    }
  }

  /// The bytes that a file would hold.
  public var view: TensorView {
    switch elements {
    case .floats(let floats):
      if element == .f32 { return TensorView(floats, shape: shape) }
      return stored(
        floats.map { element == .f16 ? float16Bits($0) : bfloat16Bits($0) })
    case .doubles(let doubles): return stored(doubles)
    case .integers(let integers):
      switch element.byteWidth {
      case 1: return stored(integers.map { UInt8(truncatingIfNeeded: $0) })
      case 2: return stored(integers.map { UInt16(truncatingIfNeeded: $0) })
      case 4: return stored(integers.map { UInt32(truncatingIfNeeded: $0) })
      default: return stored(integers)
      }
    }
  }

  private func stored<Element: BitwiseCopyable>(_ elements: [Element]) -> TensorView {
    let bytes = elements.withUnsafeBytes { OwnedBytes(copying: $0, count: $0.count) }
    return TensorView(
      dataType: element, shape: shape, bytes: UnsafeRawBufferPointer(bytes.memory), owner: bytes)
  }
}
