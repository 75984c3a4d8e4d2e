import Foundation
import Testing

@testable import MosaicAllocation

@Suite struct ErrorCurveTests {
  static let levels = (1...6).map { Double($0) / 8 }

  @Test(arguments: [(1e-4, 0.5), (0.02, 4.0), (3.0, 11.0), (1e-9, 0.01)])
  func fitRecoversExactParameters(scale: Double, rate: Double) throws {
    let amplitudes = Self.levels.map { scale * (exp(rate * $0) - 1) }
    let curve = try ErrorCurve.fitted(levels: Self.levels, amplitudes: amplitudes)
    let found = try #require(curve.exponential)
    // At rate 0.01 the exponential is so nearly straight that rounding moves its rate.
    let tolerance = rate < 0.1 ? 1e-6 : 1e-9
    #expect(relative(found.rate, rate) <= tolerance)
    #expect(relative(found.scale, scale) <= tolerance)
    #expect(curve.residual <= 1e-9)
    #expect(curve.largestLevel == 0.75)
  }

  @Test func fitIsTheLeastSquaresOfLogarithms() throws {
    let amplitudes = [0.02, 0.05, 0.05, 0.16, 0.19, 0.41]
    let curve = try ErrorCurve.fitted(levels: Self.levels, amplitudes: amplitudes)
    let best = try #require(curve.exponential)
    func loss(_ scale: Double, _ rate: Double) -> Double {
      zip(Self.levels, amplitudes).reduce(0) {
        let ratio = log(scale * (exp(rate * $1.0) - 1) / $1.1)
        return $0 + ratio * ratio
      }
    }
    let least = loss(best.scale, best.rate)
    #expect(relative(curve.residual * curve.residual * 6, least) <= 1e-9)
    for factor in [0.99, 1.01] {
      #expect(loss(best.scale * factor, best.rate) > least)
      #expect(loss(best.scale, best.rate * factor) > least)
    }
  }

  @Test func degenerateMeasurements() throws {
    let none = try ErrorCurve.fitted(levels: Self.levels, amplitudes: Array(repeating: 0, count: 6))
    #expect(none.isZero && none.value(at: 0.7) == 0 && none.derivative(at: 0.7) == 0)

    let one = try ErrorCurve.fitted(levels: [0.5], amplitudes: [0.3])
    #expect(abs(one.value(at: 0.5) - 0.3) <= 1e-15)
    #expect(one.exponential?.rate == ErrorCurve.assumedRate)

    // Falling amplitudes: nothing grows slower than a straight line.
    let falling = try ErrorCurve.fitted(levels: [0.25, 0.5, 0.75], amplitudes: [0.3, 0.2, 0.1])
    #expect(relative(falling.value(at: 0.5), 2 * falling.value(at: 0.25)) <= 1e-3)
    #expect(falling.residual > 0.5)

    // A 0 among others is left out.
    let gap = try ErrorCurve.fitted(
      levels: [0.25, 0.5, 0.75], amplitudes: [0, exp(2) - 1, exp(3) - 1])
    #expect(relative(gap.exponential?.rate ?? 0, 4) <= 1e-9)
  }

  @Test(arguments: [false, true])
  func derivativeMatchesDifferences(isInterpolated: Bool) throws {
    let amplitudes = [0.02, 0.05, 0.08, 0.16, 0.29, 0.41]
    let curve =
      isInterpolated
      ? try ErrorCurve.interpolated(levels: Self.levels, amplitudes: amplitudes)
      : try ErrorCurve.fitted(levels: Self.levels, amplitudes: amplitudes)
    let h = 1e-5
    for s in stride(from: 0.03, to: 0.95, by: 0.041) {
      let difference = (curve.value(at: s + h) - curve.value(at: s - h)) / (2 * h)
      #expect(relative(curve.derivative(at: s), difference) <= 1e-6)
    }
  }

  @Test func interpolationPassesThroughThePointsAndNeverFalls() throws {
    let amplitudes = [0.02, 0.02, 0.08, 0.3, 0.31, 0.9]
    let curve = try ErrorCurve.interpolated(levels: Self.levels, amplitudes: amplitudes)
    #expect(curve.value(at: 0) == 0)
    #expect(curve.residual == 0)
    for (level, amplitude) in zip(Self.levels, amplitudes) {
      #expect(abs(curve.value(at: level) - amplitude) <= 1e-15)
    }
    let values = stride(from: 0, through: 1, by: 1e-3).map { curve.value(at: $0) }
    for (before, after) in zip(values, values.dropFirst()) { #expect(after >= before - 1e-15) }
  }

  @Test func interpolationAveragesWhatNoiseMadeFall() throws {
    let curve = try ErrorCurve.interpolated(
      levels: [0.25, 0.5, 0.75], amplitudes: [0.1, 0.3, 0.2])
    #expect(abs(curve.value(at: 0.5) - 0.25) <= 1e-15)
    #expect(abs(curve.value(at: 0.75) - 0.25) <= 1e-15)
    #expect(curve.residual > 0.1)
  }

  @Test func scalingScalesTheValue() throws {
    let amplitudes = [0.02, 0.05, 0.08, 0.16, 0.29, 0.41]
    for curve in [
      try ErrorCurve.interpolated(levels: Self.levels, amplitudes: amplitudes),
      try ErrorCurve.fitted(levels: Self.levels, amplitudes: amplitudes),
    ] {
      #expect(relative(curve.scaled(by: 3).value(at: 0.4), 3 * curve.value(at: 0.4)) <= 1e-14)
    }
  }

  @Test func refusesWhatIsNoMeasurement() {
    for (levels, amplitudes) in [
      ([], []), ([0.5], [0.1, 0.2]), ([0.5, 0.5], [0.1, 0.2]), ([0, 0.5], [0, 0.2]),
      ([0.5, 1.5], [0.1, 0.2]), ([0.5], [Double.nan]), ([0.5], [-0.1]), ([0.5], [.infinity]),
      ([Double.nan], [0.1]),
    ] as [([Double], [Double])] {
      #expect(throws: AllocationError.self) {
        try ErrorCurve.fitted(levels: levels, amplitudes: amplitudes)
      }
      #expect(throws: AllocationError.self) {
        try ErrorCurve.interpolated(levels: levels, amplitudes: amplitudes)
      }
    }
  }
}
