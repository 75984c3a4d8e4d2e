import Foundation
import MosaicKernels
import MosaicTestSupport
import Testing

@Suite struct ActivationTests {
  /// The function in f64, and the argument of the exponential in it, whose rounding grows into a
  /// relative error of the result where the exponential dominates.
  private func reference(_ activation: Activation, _ x: Double) -> (value: Double, argument: Double)
  {
    switch activation {
    case .none: return (x, 0)
    case .silu: return (x / (1 + exp(-x)), x)
    case .geluTanh:
      let u = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
      return (x / (1 + exp(-2 * u)), 2 * u)
    case .geluErf: return (0.5 * x * erfc(-x / 2.0.squareRoot()), x * x / 2)
    }
  }

  private func apply(_ activation: Activation, _ x: [Float]) -> [Float] {
    var y = [Float](repeating: .nan, count: x.count)
    activate(activation, x, into: &y, count: x.count)
    return y
  }

  @Test(arguments: Activation.allCases)
  func matchesFloat64(activation: Activation) {
    let x = (0...200_003).map { Float($0) / 200_003 * 24 - 12 }
    let expected = x.map { reference(activation, Double($0)) }
    expectClose(apply(activation, x), expected.map(\.value)) { index in
      // Eight roundings, and four more of the exponential's argument, which count by its size. The
      // last term is what the smallest normal number leaves.
      let growth = x[index] < 0 ? abs(expected[index].argument) : 0
      return (8 + 4 * growth) * halfUlp * abs(expected[index].value) + 1e-37
    }
  }

  @Test(arguments: Activation.allCases)
  func blockEdgesAndInPlaceGiveTheSame(activation: Activation) {
    var random = SplitMix64(seed: 1)
    let x = random.floats(100)
    let whole = apply(activation, x)
    for count in [0, 1, 15, 16, 17, 31, 33, 48, 63] {
      var y = x
      y.withUnsafeMutableBufferPointer { buffer in
        activate(activation, buffer.baseAddress!, into: buffer.baseAddress!, count: count)
      }
      #expect(Array(y[..<count]) == Array(whole[..<count]))
      #expect(Array(y[count...]) == Array(x[count...]))
    }
  }

  @Test(arguments: [Activation.silu, .geluTanh, .geluErf])
  func saturatesWithoutTrouble(activation: Activation) {
    let y = apply(activation, [80, -80, 1e30, -1e30, 0, -0.0, .infinity, .nan, -200, 1e-30])
    #expect(y[0] == 80)
    #expect(abs(y[1]) < 1e-30)
    #expect(y[2] == 1e30)
    #expect(y[3] == 0)
    #expect(y[4] == 0 && y[5] == 0)
    #expect(y[6] == .infinity)
    #expect(y[7].isNaN)
    #expect(y[8] == 0)
    #expect(abs(y[9] - 0.5e-30) <= 2 * Float(0.5e-30).ulp)
  }
}
