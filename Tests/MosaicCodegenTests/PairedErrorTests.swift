import MosaicAnalysis
import MosaicTestSupport
import Testing

@Suite struct PairedErrorTests {
  @Test(arguments: [(2, 3), (7, 5), (8, 64)]) func matchesPlainLoops(samples: Int, size: Int) {
    var random = SplitMix64(seed: 3)
    let a = random.floats(samples * size)
    let b = random.floats(samples * size)
    let found = PairedError(a, b, sampleSize: size)

    var errors: [Double] = []
    for sample in 0..<samples {
      var sum = 0.0
      for element in 0..<size {
        let difference = Double(a[sample * size + element]) - Double(b[sample * size + element])
        sum += difference * difference
      }
      errors.append(sum / Double(size))
    }
    let mean = errors.reduce(0, +) / Double(samples)
    var variance = 0.0
    for error in errors { variance += (error - mean) * (error - mean) / Double(samples - 1) }
    let sorted = errors.sorted()
    let median =
      samples % 2 == 1
      ? sorted[samples / 2] : (sorted[samples / 2 - 1] + sorted[samples / 2]) / 2
    // The order of a few f64 additions.
    #expect(abs(found.mean - mean) <= 1e-14 * mean)
    #expect(abs(found.standardError - (variance / Double(samples)).squareRoot()) <= 1e-12)
    #expect(abs(found.median - median) <= 1e-14 * median)
    #expect(found.samples == samples)
  }

  @Test func oneSampleHasNoSpread() {
    let found = PairedError([1, 2], [0, 0], sampleSize: 2)
    #expect(found.mean == 2.5)
    #expect(found.median == 2.5)
    #expect(found.standardError == .infinity)
  }

  @Test func equalSamples() {
    let found = PairedError([1, 2, 3, 4], [1, 2, 3, 4], sampleSize: 2)
    #expect(found.mean == 0 && found.standardError == 0 && found.median == 0)
  }
}
