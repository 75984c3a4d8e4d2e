import MosaicCore
import MosaicTestSupport
import Testing

@Suite struct HalfPrecisionTests {
  /// The standard library's conversion goes through compiler-rt or hardware.
  #if !(os(macOS) && arch(x86_64))
    @Test func readsEveryFloat16() {
      for bits in UInt16.min...UInt16.max {
        let expected = Float(Float16(bitPattern: bits))
        let actual = floatFromFloat16(bits: bits)
        #expect(
          actual.bitPattern == expected.bitPattern || (actual.isNaN && expected.isNaN),
          "\(bits)")
      }
    }

    @Test func roundsToFloat16() {
      for x in edges(upperBits: 13) {
        let expected = Float16(x).bitPattern
        let actual = float16Bits(x)
        #expect(actual == expected || (x.isNaN && Float16(bitPattern: actual).isNaN), "\(x)")
      }
    }
  #endif

  /// The reference measures both neighbours' distances in f64, which holds them exactly.
  @Test func roundsToBFloat16() {
    for x in edges(upperBits: 16) {
      let actual = bfloat16Bits(x)
      if x.isNaN {
        #expect(floatFromBFloat16(bits: actual).isNaN)
        continue
      }
      let below = UInt16(x.bitPattern >> 16)
      let above = below &+ 1
      // The step past the largest finite number counts as 2¹²⁸, where infinity's pattern lies.
      let value = { (bits: UInt16) -> Double in
        let float = floatFromBFloat16(bits: bits)
        return float.isInfinite ? (float < 0 ? -0x1p128 : 0x1p128) : Double(float)
      }
      let toBelow = abs(Double(x) - value(below))
      let toAbove = abs(Double(x) - value(above))
      let nearest = toBelow == toAbove ? (below & 1 == 0 ? below : above) : nil
      let expected =
        x.isInfinite ? below : nearest ?? (toBelow < toAbove ? below : above)
      #expect(actual == expected, "\(x)")
    }
  }

  @Test func keepsEveryBFloat16() {
    for bits in UInt16.min...UInt16.max {
      let value = floatFromBFloat16(bits: bits)
      #expect(value.isNaN || bfloat16Bits(value) == bits)
      #expect(value.bitPattern == UInt32(bits) << 16)
    }
  }

  /// Values by the formula of the format: (-1)^s · 2^(e - bias) · 1.m, subnormal below.
  @Test func readsEveryFloat8() {
    for bits in UInt8.min...UInt8.max {
      #expect(
        matches(floatFromFloat8E4M3(bits: bits), bits, mantissaBits: 3, bias: 7, hasInfinity: false)
      )
      #expect(
        matches(floatFromFloat8E5M2(bits: bits), bits, mantissaBits: 2, bias: 15, hasInfinity: true)
      )
    }
  }

  private func matches(
    _ value: Float, _ bits: UInt8, mantissaBits: Int, bias: Int, hasInfinity: Bool
  ) -> Bool {
    let mantissa = Int(bits) & (1 << mantissaBits - 1)
    let exponent = Int(bits & 0x7F) >> mantissaBits
    let isTop = exponent == 0x7F >> mantissaBits
    if hasInfinity && isTop { return mantissa == 0 ? value.isInfinite : value.isNaN }
    if isTop && mantissa == 1 << mantissaBits - 1 { return value.isNaN }
    let fraction = Float(mantissa) / Float(1 << mantissaBits)
    let magnitude =
      exponent == 0
      ? Float(sign: .plus, exponent: 1 - bias, significand: 1) * fraction
      : Float(sign: .plus, exponent: exponent - bias, significand: 1 + fraction)
    return value.bitPattern == (bits & 0x80 == 0 ? magnitude : -magnitude).bitPattern
  }

  /// Every sign and exponent with mantissas at, just below and just above the ties of a format that
  /// drops `upperBits` bits, and random patterns.
  private func edges(upperBits dropped: Int) -> [Float] {
    let half = UInt32(1) << (dropped - 1)
    let mantissas: [UInt32] = (0..<6).flatMap { step -> [UInt32] in
      let base = UInt32(step) * half
      return [base &- 1, base, base + 1].map { $0 & 0x7F_FFFF }
    }
    var floats: [Float] = []
    for upper in UInt32(0)..<512 {
      for mantissa in mantissas + [0x7F_FFFF, 0x40_0000] {
        floats.append(Float(bitPattern: upper << 23 | mantissa))
      }
    }
    var random = SplitMix64(seed: 3)
    for _ in 0..<100_000 {
      floats.append(Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))
      // Around binary16's range, where uniform patterns seldom fall.
      floats.append(Float.random(in: -70_000...70_000, using: &random))
      floats.append(Float.random(in: -1e-4...1e-4, using: &random))
    }
    // Subnormal halves tie at other places: every multiple of a quarter of the smallest.
    floats += (0..<4096).flatMap { [Float($0) * 0x1p-26, (Float($0) * 0x1p-26).nextUp] }
    return floats
  }
}
