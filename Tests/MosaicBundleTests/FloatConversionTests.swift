import MosaicCore
import Testing

@testable import MosaicBundle

@Suite struct FloatConversionTests {
  @Test func everyHalfBecomesItsFloat() throws {
    let convert = try #require(FloatConversion(.f16))
    let halves = (0...UInt16.max).map { $0 }
    let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: halves.count)
    defer { floats.deallocate() }
    var rest = floats[...]
    halves.withUnsafeBytes { convert(from: $0, into: &rest) }
    #expect(rest.isEmpty)
    for (bits, float) in zip(halves, floats) {
      // Sign, five bits of exponent, ten of fraction.
      let fraction = Double(bits & 0x3FF) / 1024
      let exponent = Int(bits >> 10 & 31)
      let magnitude =
        switch exponent {
        case 0: fraction * 0x1p-14
        case 31: fraction == 0 ? Double.infinity : Double.nan
        default: Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
        }
      let expected = bits & 0x8000 == 0 ? magnitude : -magnitude
      let isSame =
        expected.isNaN
        ? float.isNaN
        : Double(float) == expected && float.sign == (bits & 0x8000 == 0 ? .plus : .minus)
      if !isSame { Issue.record("\(bits): \(float) instead of \(expected)") }
    }
  }

  @Test func otherTypesAreNoWeights() {
    for type in DataType.allCases {
      #expect((FloatConversion(type) != nil) == [.f32, .f16, .bf16].contains(type))
    }
  }

  @Test(arguments: [1, 2, 4, 8], [0, 1, 7, 64]) func planesJoinAgain(size: Int, count: Int) {
    let bytes = (0..<size * count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    var planes = [UInt8](repeating: 0xAA, count: bytes.count)
    var joined = planes
    bytes.withUnsafeBytes { source in
      planes.withUnsafeMutableBytes { BytePlanes.split(source, elementSize: size, into: $0) }
    }
    for (index, byte) in bytes.enumerated() {
      #expect(planes[index % size * count + index / size] == byte)
    }
    planes.withUnsafeBytes { source in
      joined.withUnsafeMutableBytes { BytePlanes.join(source, elementSize: size, into: $0) }
    }
    #expect(joined == bytes)
  }
}
