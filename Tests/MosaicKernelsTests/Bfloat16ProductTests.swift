import MosaicTestSupport
import Testing

@testable import MosaicKernels

@Suite struct Bfloat16ProductTests {
  static let sizes = [(1, 1), (16, 2), (17, 5), (48, 7), (100, 33)]

  /// The product by kernels, and by f64 loops over the rounded operands.
  private func check(m: Int, n: Int, k: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    var random = SplitMix64(seed: 11)
    let (x, w, b) = (random.floats(m * k), random.floats(n * k), random.floats(n))
    var packed = [UInt32](repeating: .max, count: PackedPairs.elementCount(rows: n, inner: k))
    PackedPairs.pack(w, into: &packed, rows: n, inner: k)
    var pairs = [UInt32](repeating: .max, count: m * PackedPairs.rowCount(inner: k))
    PackedPairs.round(x, xStride: k, into: &pairs, m: m, inner: k)
    var y = [Float](repeating: .nan, count: m * n)
    packed.withUnsafeBufferPointer { packed in
      guard let base = packed.baseAddress else { return }
      b.withUnsafeBufferPointer { bias in
        linear(
          pairs, weight: [PackedPairs(elements: base, count: n)], bias: bias.baseAddress,
          into: &y, yStride: n, m: m, k: k)
      }
    }
    var expected: [Double] = []
    var bounds: [Double] = []
    for row in 0..<m {
      for column in 0..<n {
        var sum = Double(b[column])
        var magnitude = abs(sum)
        for i in 0..<k {
          let term =
            Double(bfloat16(x[row * k + i])) * Double(bfloat16(w[column * k + i]))
          sum += term
          magnitude += abs(term)
        }
        expected.append(sum)
        // Products of two bf16 are exact in f32; each sum of two rounds twice at most.
        bounds.append(Double(2 * k + 2) * halfUlp * magnitude)
      }
    }
    expectClose(y, expected, within: { bounds[$0] }, sourceLocation: sourceLocation)
  }

  @Test(arguments: KernelLevel.available, [1, 2, 5, 6, 7, 8, 9, 17])
  func everyVersionMatchesFloat64(level: KernelLevel, m: Int) {
    KernelLevel.with(level) {
      for (n, k) in Self.sizes { check(m: m, n: n, k: k) }
    }
  }

  @Test func roundsToTheNearestTiesToEven() {
    let values: [Float] = [
      1, 0x1.01p0, 0x1.03p0, 0x1.01001p0, -0x1.01p0, .infinity, .nan, 0x1p-130,
    ]
    var pairs = [UInt32](repeating: 0, count: 4)
    PackedPairs.round(values, xStride: 8, into: &pairs, m: 1, inner: 8)
    let found = pairs.flatMap {
      [Float(bitPattern: $0 << 16), Float(bitPattern: $0 & 0xFFFF_0000)]
    }
    let expected: [Float] = [1, 1, 0x1.04p0, 0x1.02p0, -1, .infinity]
    #expect(Array(found[..<6]) == expected)
    #expect(found[6].isNaN)
    #expect(found[7] == 0x1p-130)
  }

  @Test func rowsComeBackRounded() {
    var random = SplitMix64(seed: 12)
    let w = random.floats(50 * 7)
    var packed = [UInt32](repeating: 0, count: PackedPairs.elementCount(rows: 50, inner: 7))
    PackedPairs.pack(w, into: &packed, rows: 50, inner: 7)
    var found = [Float](repeating: .nan, count: 50 * 7)
    packed.withUnsafeBufferPointer { packed in
      guard let base = packed.baseAddress else { return }
      PackedPairs(elements: base, count: 50).unpack(into: &found, inner: 7)
    }
    #expect(found == w.map(bfloat16))
  }
}

/// The nearest bf16, ties to even.
func bfloat16(_ value: Float) -> Float {
  let bits = value.bitPattern
  return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
}
