import Foundation
import MosaicKernels
import Testing

@Suite struct TimestepEmbeddingTests {
  @Test(arguments: [(0, true), (1, false)] as [(Float, Bool)], [8, 9, 256])
  func placesSinusoids(options: (shift: Float, cosineFirst: Bool), width: Int) {
    let half = width / 2
    for t in [0, 1, 999, 0.25] as [Float] {
      var y = [Float](repeating: .nan, count: width)
      timestepEmbedding(
        t, into: &y, width: width, maxPeriod: 10000, frequencyShift: options.shift,
        cosineFirst: options.cosineFirst)
      let angles = (0..<half).map {
        Double(t) * pow(10000, -Double($0) / (Double(half) - Double(options.shift)))
      }
      let (cosines, sines) = (angles.map(cos), angles.map(sin))
      var expected = options.cosineFirst ? cosines + sines : sines + cosines
      if width == 9 { expected.append(0) }
      // One rounding to f32, and the f64 angle's own, of which 999 is the largest.
      expectClose(y, expected) { _ in halfUlp }
    }
  }

  @Test func knownValues() {
    var y = [Float](repeating: .nan, count: 4)
    timestepEmbedding(
      2, into: &y, width: 4, maxPeriod: 10000, frequencyShift: 0, cosineFirst: true)
    #expect(y == [-0.41614683655, 0.99980000667, 0.90929742683, 0.01999866669])
  }
}
