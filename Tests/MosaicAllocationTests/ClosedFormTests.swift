import Foundation
import MosaicTestSupport
import Testing

@testable import MosaicAllocation

@Suite struct ClosedFormTests {
  enum Correlation: CaseIterable { case independent, decaying, full }

  static func model(
    _ trajectory: LinearTrajectory, _ correlation: Correlation
  ) throws -> ErrorModel {
    let curves = trajectory.curves()
    return switch correlation {
    case .independent: .independent(curves)
    case .decaying: try .decaying(curves, positions: trajectory.positions, length: 1, floor: 0)
    case .full: .fullyCorrelated(curves)
    }
  }

  @Test(arguments: Correlation.allCases)
  func gradientMatchesCentralDifferences(correlation: Correlation) throws {
    let trajectory = LinearTrajectory(steps: 20)
    try check(Self.model(trajectory, correlation))
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func gradientMatchesCentralDifferencesForMeasuredCorrelation(seed: UInt64) throws {
    let model = try randomModel(steps: 12, seed: seed)
    #expect(model.correlation.contains { $0 < 0 })
    #expect(model.clippedCorrelation.allSatisfy { $0 >= 0 })
    try check(model)
  }

  private func check(_ model: ErrorModel) throws {
    var random = SplitMix64(seed: 7)
    let point = (0..<model.stepCount).map { _ in Double.random(in: 0.05...0.7, using: &random) }
    let gradient = model.gradient(at: point)
    let h = 1e-5
    for n in point.indices {
      var up = point
      var down = point
      up[n] += h
      down[n] -= h
      let difference = (model.clippedError(up) - model.clippedError(down)) / (2 * h)
      // Rounding of the whole sum, not only of this step's part, enters the difference.
      let rounding = 1e-15 * model.clippedError(point) / h
      #expect(abs(gradient[n] - difference) <= 1e-6 * abs(difference) + rounding)
    }

    let ranges = [0..<3, 3..<4, 4..<model.stepCount]
    let three = [0.1, 0.6, 0.3]
    func error(_ sparsities: [Double]) -> Double {
      model.clippedError(
        zip(ranges, sparsities).flatMap { Array(repeating: $1, count: $0.count) })
    }
    let rangeGradient = model.gradient(at: three, ranges: ranges)
    for k in three.indices {
      var up = three
      var down = three
      up[k] += h
      down[k] -= h
      let difference = (error(up) - error(down)) / (2 * h)
      let rounding = 1e-15 * error(three) / h
      #expect(abs(rangeGradient[k] - difference) <= 1e-6 * abs(difference) + rounding)
    }
  }

  /// Runs the scalar sampler with f = j x and with f = j x + error from the same noise. The closed
  /// form is exact for it, so what is left is the Monte-Carlo error: √(2/samples) = 0.5 %.
  @Test(arguments: Correlation.allCases)
  func matchesMonteCarloOfALinearSampler(correlation: Correlation) throws {
    let trajectory = LinearTrajectory(steps: 50, variance: 0.6)
    let model = try Self.model(trajectory, correlation)
    let sparsities = (0..<50).map { 0.2 + 0.4 * Double($0 % 7) / 6 }
    // What the curves say of the network's output: without the influence.
    let outputError = zip(zip(model.curves, sparsities), trajectory.influences).map {
      $0.0.value(at: $0.1) / $1
    }
    // Signed, so that errors that correlate as outputs arrive correlated with the same sign.
    var random = SplitMix64(seed: 11)
    let samples = 80_000
    var sum = 0.0
    for _ in 0..<samples {
      var dense = gaussian(&random)
      var pruned = dense
      var shared = gaussian(&random)
      for n in 0..<50 {
        switch correlation {
        case .independent: shared = gaussian(&random)
        case .full: break
        case .decaying:
          if n > 0 {
            let r = exp(-abs(trajectory.positions[n] - trajectory.positions[n - 1]))
            shared = r * shared + (1 - r * r).squareRoot() * gaussian(&random)
          }
        }
        let response = trajectory.response[n]
        dense = trajectory.a[n] * dense + trajectory.b[n] * response * dense
        pruned =
          trajectory.a[n] * pruned
          + trajectory.b[n] * (response * pruned + outputError[n] * shared)
      }
      sum += (pruned - dense) * (pruned - dense)
    }
    #expect(relative(model.predictedError(sparsities), sum / Double(samples)) <= 0.02)
  }

  private func gaussian(_ random: inout SplitMix64) -> Double {
    let radius = (-2 * log(Double.random(in: Double.leastNormalMagnitude..<1, using: &random)))
    return radius.squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
  }

  @Test func predictionKeepsTheNegativeCorrelationsTheSolverClips() throws {
    let curves = [ErrorCurve(scale: 1, rate: 1), ErrorCurve(scale: 2, rate: 1)]
    let model = try ErrorModel(curves: curves, correlation: [1, -0.5, -0.5, 1])
    let b = exp(0.5) - 1
    #expect(relative(model.predictedError([0.5, 0.5]), b * b * (1 + 4 - 2)) <= 1e-14)
    #expect(relative(model.clippedError([0.5, 0.5]), b * b * 5) <= 1e-14)
  }

  @Test func unusedStepsNeedNoCorrelation() throws {
    let curves = [ErrorCurve(scale: 1, rate: 1), .zero]
    let model = try ErrorModel(curves: curves, correlation: [1, .nan, .nan, .nan])
    #expect(model.correlation == [1, 0, 0, 1])
    #expect(model.largestLevel == 0.75)
  }

  @Test func refusesWhatIsNoCorrelation() {
    let curves = [ErrorCurve(scale: 1, rate: 1), ErrorCurve(scale: 2, rate: 1)]
    for correlation in [
      [1.0], [1, 0.2, 0.3, 1], [1, 1.5, 1.5, 1], [1, .nan, .nan, 1], [2, 0, 0, 1],
    ] {
      #expect(throws: AllocationError.self) {
        try ErrorModel(curves: curves, correlation: correlation)
      }
    }
  }

  @Test func weightsScaleAmplitudes() throws {
    let model = try randomModel(steps: 3, seed: 1)
    let doubled = try model.weighted(by: [2, 2, 2])
    let s = [0.3, 0.2, 0.6]
    #expect(relative(doubled.predictedError(s), 4 * model.predictedError(s)) <= 1e-14)
    #expect(throws: AllocationError.self) { try model.weighted(by: [1, 1]) }
    #expect(throws: AllocationError.self) { try model.weighted(by: [1, 1, -1]) }
  }
}
