import MosaicCore
import MosaicKernels
import MosaicTestSupport
import Testing

@Suite struct RotationTests {
  /// By the angle of each pair, in f64.
  @Test(arguments: RotationPairs.allCases) func turnsPairs(pairs: RotationPairs) {
    let (outer, length, inner, size) = (2, 3, 2, 6)
    var random = SplitMix64(seed: 4)
    let x = random.floats(outer * length * inner * size)
    let (cosines, sines) = (random.floats(length * size), random.floats(length * size))
    var y = [Float](repeating: .nan, count: x.count)
    rotate(
      x, cosines: cosines, sines: sines, into: &y, outer: outer, length: length, inner: inner,
      size: size, pairs: pairs)
    for row in 0..<outer * length * inner {
      let place = row / inner % length
      for pair in 0..<size / 2 {
        let columns = pairs == .neighbours ? (2 * pair, 2 * pair + 1) : (pair, pair + size / 2)
        let first = Double(x[row * size + columns.0])
        let second = Double(x[row * size + columns.1])
        func table(_ values: [Float], _ column: Int) -> Double {
          Double(values[place * size + column])
        }
        let expected = (
          first * table(cosines, columns.0) - second * table(sines, columns.0),
          second * table(cosines, columns.1) + first * table(sines, columns.1)
        )
        // Two products and a sum of numbers below 1.
        #expect(abs(Double(y[row * size + columns.0]) - expected.0) <= 0x1p-22)
        #expect(abs(Double(y[row * size + columns.1]) - expected.1) <= 0x1p-22)
      }
    }
  }
}
