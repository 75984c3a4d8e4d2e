extension TensorView {
  /// How many elements are NaN or infinite; 0 for integers and booleans.
  public var nonFiniteCount: Int { nonFiniteCount(in: 0..<elementCount) }

  /// Index of the first element that is NaN or infinite, or nil where all are finite.
  public var firstNonFinite: Int? {
    // Counting whole blocks vectorises, leaving at the first find does not.
    let block = 4096
    for start in stride(from: 0, to: elementCount, by: block) {
      let range = start..<min(start + block, elementCount)
      if nonFiniteCount(in: range) > 0 {
        return range.first { nonFiniteCount(in: $0..<($0 + 1)) > 0 }
      }
    }
    return nil
  }

  /// An element is not finite where all bits of its exponent are set; f8e4m3 gives that exponent to
  /// numbers too and has only one NaN.
  private func nonFiniteCount(in range: Range<Int>) -> Int {
    withExtendedLifetime(owner) {
      switch dataType {
      case .f32: count(in: range, ofAllBits: UInt32(0x7F80_0000))
      case .f16: count(in: range, ofAllBits: UInt16(0x7C00))
      case .bf16: count(in: range, ofAllBits: UInt16(0x7F80))
      case .f64: count(in: range, ofAllBits: UInt64(0x7FF0_0000_0000_0000))
      case .f8e5m2: count(in: range, ofAllBits: UInt8(0x7C))
      case .f8e4m3: count(in: range, ofAllBits: UInt8(0x7F))
      default: 0
      }
    }
  }

  /// Elements that have all bits of `mask` set.
  @inline(__always)
  private func count<Bits: FixedWidthInteger & BitwiseCopyable>(
    in range: Range<Int>, ofAllBits mask: Bits
  ) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    var count = 0
    for index in range {
      let bits = base.loadUnaligned(
        fromByteOffset: index &* MemoryLayout<Bits>.size, as: Bits.self)
      count &+= bits & mask == mask ? 1 : 0
    }
    return count
  }
}
