// Straight-line bit arithmetic, so that loops over it vectorise: the standard library's `Float16`
// goes through a function call an element on processors without F16C.

/// Returns the bits of the IEEE 754 binary16 number nearest to `x`, ties to even.
///
/// From 65,520 up the result is infinite; NaN stays NaN.
@inlinable public func float16Bits(_ x: Float) -> UInt16 {
  let sign = UInt16(truncatingIfNeeded: x.bitPattern >> 16) & 0x8000
  let magnitude = x.bitPattern & 0x7FFF_FFFF
  // Moves the exponent's bias from 127 to 15 and rounds off 13 bits; a carry into the exponent is
  // the right answer, up to infinity.
  let rounded = (magnitude &- 0x3800_0000 &+ 0xFFF &+ (magnitude >> 13 & 1)) >> 13
  let normal = rounded < 0x7C00 ? rounded : 0x7C00
  // In [0.5, 1) a float's last bit is worth 2⁻²⁴, binary16's smallest subnormal: the addition rounds.
  let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- 0x3F00_0000
  let finite = magnitude < 0x3880_0000 ? subnormal : normal
  let result = magnitude > 0x7F80_0000 ? 0x7E00 | (magnitude >> 13 & 0x3FF) : finite
  return sign | UInt16(truncatingIfNeeded: result)
}

/// Returns the bits of the bfloat16 number nearest to `x`, ties to even.
///
/// What rounds past the largest finite number is infinite; NaN stays NaN.
@inlinable public func bfloat16Bits(_ x: Float) -> UInt16 {
  let bits = x.bitPattern
  let rounded = (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16
  // Rounding could carry a NaN's low bits into an infinity or a zero.
  let isNaN = bits & 0x7FFF_FFFF > 0x7F80_0000
  return UInt16(truncatingIfNeeded: isNaN ? bits >> 16 | 0x40 : rounded)
}

/// Returns the value of an IEEE 754 binary16 number, exactly.
@inlinable public func floatFromFloat16(bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let magnitude = UInt32(bits & 0x7FFF)
  let normal = magnitude << 13 &+ 0x3800_0000
  let special = magnitude << 13 | 0x7F80_0000
  // Through an integer conversion: arithmetic on subnormal floats is slow, or flushed to zero.
  let subnormal = (Float(Int32(truncatingIfNeeded: magnitude)) * 0x1p-24).bitPattern
  let finite = magnitude < 0x400 ? subnormal : normal
  return Float(bitPattern: sign | (magnitude >= 0x7C00 ? special : finite))
}

/// Returns the value of a bfloat16 number, exactly.
@inlinable public func floatFromBFloat16(bits: UInt16) -> Float {
  Float(bitPattern: UInt32(bits) << 16)
}

/// Returns the value of an 8-bit float with 5 exponent bits, exactly: the upper half of a binary16.
///
/// Source: Micikevicius et al., "FP8 Formats for Deep Learning", table 1, arXiv:2209.05433.
public func floatFromFloat8E5M2(bits: UInt8) -> Float {
  floatFromFloat16(bits: UInt16(bits) << 8)
}

/// Returns the value of an 8-bit float with 4 exponent bits, exactly. It has no infinities, and one
/// NaN of each sign.
///
/// Source: as above.
public func floatFromFloat8E4M3(bits: UInt8) -> Float {
  let magnitude = bits & 0x7F
  if magnitude == 0x7F { return .nan }
  // As the middle of a binary16's bits the value is too small by the biases' distance, 15 - 7.
  let value = floatFromFloat16(bits: UInt16(magnitude) << 7) * 0x1p8
  return bits & 0x80 == 0 ? value : -value
}
