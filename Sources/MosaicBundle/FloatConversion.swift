internal import MosaicCore

/// Converts stored elements to f32, exactly.
struct FloatConversion {
  private let dataType: DataType

  /// Nil where the type is none that weights are kept in.
  init?(_ dataType: DataType) {
    guard [.f32, .f16, .bf16].contains(dataType) else { return nil }
    self.dataType = dataType
  }

  /// Fills the start of `buffer` with the elements of `bytes` and drops it from the slice.
  func callAsFunction(
    from bytes: UnsafeRawBufferPointer, into buffer: inout Slice<UnsafeMutableBufferPointer<Float>>
  ) {
    let count = bytes.count / dataType.byteWidth
    let target = UnsafeMutableBufferPointer(rebasing: buffer.prefix(count))
    precondition(target.count == count)
    buffer = buffer.dropFirst(count)
    guard let source = bytes.baseAddress else { return }
    switch dataType {
    case .bf16:
      for index in 0..<count {
        let bits = source.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self)
        target[index] = Float(bitPattern: UInt32(bits) << 16)
      }
    case .f16:
      for index in 0..<count {
        target[index] = Self.float(
          half: source.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self))
      }
    default:
      UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
    }
  }

  /// IEEE 754 binary16 to binary32 in straight-line integer code, which vectorises; the standard
  /// library's conversion is a call per element where the target has no instruction for it.
  private static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF) << 13
    // The exponent's bias goes from 15 to 127; of infinity and NaN it goes to 255; a subnormal is
    // an integer multiple of 2⁻²⁴, which the subtraction normalises.
    let exponent = magnitude & 0x0F80_0000
    let normal = magnitude &+ 0x3800_0000
    let special = magnitude &+ 0x7000_0000
    let subnormal = (Float(bitPattern: magnitude &+ 0x3880_0000) - 0x1p-14).bitPattern
    let value =
      exponent == 0 ? subnormal : exponent == 0x0F80_0000 ? special : normal
    return Float(bitPattern: value | sign)
  }
}
