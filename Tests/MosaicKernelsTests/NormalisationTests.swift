import Foundation
import MosaicKernels
import MosaicTestSupport
import Testing

@Suite struct LayerNormTests {
  private struct Case {
    var rows: Int
    var width: Int
    var offset: Float = 0
    var spread: Float = 1
    var epsilon: Float = 1e-6
    var isAffine = false
    var isModulated = false
  }

  private func check(_ test: Case, sourceLocation: SourceLocation = #_sourceLocation) {
    var random = SplitMix64(seed: 4)
    let (rows, width) = (test.rows, test.width)
    let x = random.floats(rows * width).map { $0 * test.spread + test.offset }
    let parameters = (0..<4).map { _ in random.floats(width) }
    var y = [Float](repeating: .nan, count: rows * width)
    parameters[0].withUnsafeBufferPointer { weight in
      parameters[1].withUnsafeBufferPointer { bias in
        parameters[2].withUnsafeBufferPointer { scale in
          parameters[3].withUnsafeBufferPointer { shift in
            layerNorm(
              x, into: &y, rows: rows, width: width, epsilon: test.epsilon,
              affine: test.isAffine ? (weight.baseAddress!, bias.baseAddress!) : nil,
              modulation: test.isModulated ? (scale.baseAddress!, shift.baseAddress!) : nil)
          }
        }
      }
    }
    var expected: [Double] = []
    for row in 0..<rows {
      let values = x[row * width..<(row + 1) * width].map(Double.init)
      let mean = values.reduce(0, +) / Double(width)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      let inverse = 1 / (variance + Double(test.epsilon)).squareRoot()
      for column in 0..<width {
        var value = (values[column] - mean) * inverse
        if test.isAffine {
          value = value * Double(parameters[0][column]) + Double(parameters[1][column])
        }
        if test.isModulated {
          value = value * (1 + Double(parameters[2][column])) + Double(parameters[3][column])
        }
        expected.append(value)
      }
    }
    // Before affine and modulation |y| <= sqrt(width), uniform noise far below: at most 8 here. A
    // sum in 32 lanes errs by width / 32 + 5 roundings, the rest by about ten; (1 + scale) and the
    // additions double them.
    let bound = 2 * 8 * (Double(width) / 32 + 15) * halfUlp
    expectClose(y, expected, within: { _ in bound }, sourceLocation: sourceLocation)
  }

  @Test(arguments: [1, 2, 15, 16, 17, 32, 33, 47, 256, 1152])
  func matchesFloat64(width: Int) {
    for isAffine in [false, true] {
      for isModulated in [false, true] {
        check(Case(rows: 3, width: width, isAffine: isAffine, isModulated: isModulated))
      }
    }
  }

  @Test(arguments: [16, 72, 255, 1024])
  func keepsItsPrecisionFarFromZero(width: Int) {
    // x itself is the input, so its own rounding is no error; the mean's would be.
    check(Case(rows: 2, width: width, offset: 1000, epsilon: 1e-5))
    check(Case(rows: 2, width: width, offset: -30000, spread: 100, epsilon: 1e-5))
  }

  @Test func constantRowsBecomeZero() {
    let x = [Float](repeating: 12345.678, count: 200)
    var y = [Float](repeating: .nan, count: 200)
    layerNorm(x, into: &y, rows: 2, width: 100, epsilon: 1e-6)
    #expect(y.allSatisfy { $0 == 0 })
  }

  @Test func notANumberStaysInItsRow() {
    var x = [Float](repeating: 1, count: 60)
    x[3] = .nan
    x[23] = .infinity
    var y = [Float](repeating: 7, count: 60)
    layerNorm(x, into: &y, rows: 3, width: 20, epsilon: 1e-6)
    #expect(y[..<40].allSatisfy { $0.isNaN })
    #expect(y[40...].allSatisfy { $0 == 0 })
  }
}

@Suite struct SoftmaxTests {
  @Test(arguments: [1, 2, 15, 16, 17, 64, 77, 1000], [1, 0.125, -2, 0] as [Float])
  func matchesFloat64(width: Int, scale: Float) {
    var random = SplitMix64(seed: 5)
    let stride = width + 3
    let x = random.floats(4 * stride).map { $0 * 20 }
    var y = x
    softmaxRows(&y, rows: 4, width: width, stride: stride, scale: scale)
    for row in 0..<4 {
      let values = x[row * stride..<row * stride + width].map { Double($0) * Double(scale) }
      let top = values.max() ?? 0
      let weights = values.map { exp($0 - top) }
      let sum = weights.reduce(0, +)
      // Each weight errs by the rounding of its exponent, up to 80 · 2 halves of an ulp, and the
      // sum by its depth.
      let bound = (2 * 80 + Double(width) / 16 + 16) * halfUlp
      expectClose(Array(y[row * stride..<row * stride + width]), weights.map { $0 / sum }) {
        bound * weights[$0] / sum + 1e-37
      }
      #expect(
        Array(y[(row * stride + width)..<(row + 1) * stride])
          == Array(x[(row * stride + width)..<(row + 1) * stride]))
    }
  }

  @Test func extremesAreSafe() {
    var y: [Float] = [1e30, -1e30, 0, 0, -.infinity, 3e38, 80, -80]
    softmaxRows(&y, rows: 4, width: 2, stride: 2)
    #expect(y[0] == 1 && y[1] == 0)
    #expect(y[2] == 0.5 && y[3] == 0.5)
    #expect(y[4] == 0 && y[5] == 1)
    #expect(y[6] == 1 && y[7] < 1e-37)
  }

  @Test(arguments: [5, 16, 37])
  func notANumberAndNothingLeftGiveNotANumber(width: Int) {
    for position in [0, width / 2, width - 1] {
      var y = [Float](repeating: 1, count: width)
      y[position] = .nan
      softmaxRows(&y, rows: 1, width: width, stride: width)
      #expect(y.allSatisfy { $0.isNaN })
    }
    var excluded = [Float](repeating: -.infinity, count: width)
    softmaxRows(&excluded, rows: 1, width: width, stride: width)
    #expect(excluded.allSatisfy { $0.isNaN })
  }
}
