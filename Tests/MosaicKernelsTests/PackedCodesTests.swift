import MosaicTestSupport
import Testing

@testable import MosaicKernels

@Suite struct PackedCodesTests {
  /// Rows of a weight as codes, and what they stand for.
  private struct Weight {
    var n: Int
    var k: Int
    var values: [Float]
    var codes: [Int8]
    var scales: [Float]

    init(n: Int, k: Int, values: [Float]) {
      (self.n, self.k, self.values) = (n, k, values)
      codes = [Int8](repeating: -128, count: PackedCodes.codeCount(rows: n, inner: k))
      scales = [Float](repeating: .nan, count: PackedCodes.scaleCount(rows: n))
      PackedCodes.pack(values, into: &codes, scales: &scales, rows: n, inner: k)
    }

    func withPacked(_ body: (PackedCodes) -> Void) {
      codes.withUnsafeBufferPointer { codes in
        scales.withUnsafeBufferPointer { scales in
          guard let codes = codes.baseAddress, let scales = scales.baseAddress else { return }
          body(PackedCodes(codes: codes, scales: scales, count: n))
        }
      }
    }

    var unpacked: [Float] {
      var found = [Float](repeating: .nan, count: n * k)
      withPacked { $0.unpack(into: &found, inner: k) }
      return found
    }
  }

  static let sizes = [(1, 1), (15, 3), (48, 7), (49, 64), (130, 33), (100, 3000)]

  @Test(arguments: KernelLevel.available, sizes)
  func codesAreTheNearest(level: KernelLevel, size: (n: Int, k: Int)) {
    KernelLevel.with(level) {
      var random = SplitMix64(seed: 13)
      let weight = Weight(n: size.n, k: size.k, values: random.floats(size.n * size.k))
      let found = weight.unpacked
      for row in 0..<size.n {
        let rows = row * size.k..<(row + 1) * size.k
        let largest = weight.values[rows].map(abs).max() ?? 0
        for place in rows {
          // Half a step, and the roundings of the division and of the product.
          let bound = (0.5 + 127 * 3 * Float(halfUlp)) * largest / 127
          #expect(abs(found[place] - weight.values[place]) <= bound)
        }
      }
    }
  }

  @Test func zeroRowsStayZero() {
    let weight = Weight(n: 2, k: 3, values: [0, 0, 0, 1, -2, 0])
    #expect(Array(weight.unpacked[..<3]) == [0, 0, 0])
    #expect(weight.unpacked[4] == -2)
  }

  /// The product is that of the weight as floats, in all its bits.
  @Test(arguments: KernelLevel.available, sizes)
  func productIsThatOfTheRoundedWeight(level: KernelLevel, size: (n: Int, k: Int)) {
    KernelLevel.with(level) {
      let (n, k, m) = (size.n, size.k, 11)
      var random = SplitMix64(seed: 14)
      let weight = Weight(n: n, k: k, values: random.floats(n * k))
      let (x, b) = (random.floats(m * k), random.floats(n))
      var packed = [Float](repeating: .nan, count: PackedRows.elementCount(rows: n, inner: k))
      PackedRows.pack(weight.unpacked, into: &packed, rows: n, inner: k)
      var expected = [Float](repeating: .nan, count: m * n)
      var found = expected
      packed.withUnsafeBufferPointer { packed in
        b.withUnsafeBufferPointer { bias in
          guard let base = packed.baseAddress else { return }
          linear(
            x, xStride: k, weight: [PackedRows(elements: base, count: n)], bias: bias.baseAddress,
            activation: .silu, into: &expected, yStride: n, m: m, k: k)
          weight.withPacked { codes in
            linear(
              x, xStride: k, weight: [codes], bias: bias.baseAddress, activation: .silu,
              into: &found, yStride: n, m: m, k: k)
          }
        }
      }
      #expect(found == expected)
    }
  }
}
