import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// The error of the final sample by influence, Σ Ωₙ Ωₘ Rₙₘ bₙ bₘ, against what happens to samples
/// whose outputs err by b.
@Suite struct MonteCarloTests {
  enum Correlation: CaseIterable { case independent, decaying, full }

  static let samplers: [SchedulerConfig] = [
    SchedulerConfig(), SchedulerConfig(sampler: .ddpm),
    SchedulerConfig(sampler: .euler, spacing: .linspace),
    SchedulerConfig(sampler: .dpmpp2m, prediction: .velocity, spacing: .linspace),
    SchedulerConfig(sampler: .dpmpp2m, prediction: .flow, flow: .init()),
    SchedulerConfig(sampler: .flow, prediction: .flow, flow: .init(shift: 3)),
  ]

  /// What is left is the Monte-Carlo error, √(2 / samples) = 0.7 %.
  @Test(arguments: samplers, Correlation.allCases)
  func closedFormIsWhatSamplesGive(config: SchedulerConfig, correlation: Correlation) throws {
    let trajectory = try Trajectory(config: config, steps: 20)
    let (steps, samples) = (trajectory.steps, 40_000)
    let responses = steps.indices.map {
      steps[$0].inputScale * trajectory.response(at: $0, variance: 0.6)
    }
    let errors = steps.indices.map { 0.01 * (1 + Double($0 % 3)) }
    // Of the errors of neighbouring steps.
    let r: Double =
      switch correlation {
      case .independent: 0
      case .decaying: 0.8
      case .full: 1
      }
    var random = SplitMix64(seed: 5)
    var sum = 0.0
    for _ in 0..<samples {
      var (dense, pruned) = ((0.0, 0.0), (0.0, 0.0))
      dense.0 = trajectory.initialScale * gaussian(&random)
      pruned.0 = dense.0
      var shared = gaussian(&random)
      for (index, step) in steps.enumerated() {
        let noise = step.noiseGain == 0 ? 0 : step.noiseGain * gaussian(&random)
        if index > 0, r < 1 { shared = r * shared + (1 - r * r).squareRoot() * gaussian(&random) }
        advance(&dense, step, output: responses[index] * dense.0, noise)
        advance(&pruned, step, output: responses[index] * pruned.0 + errors[index] * shared, noise)
      }
      sum += (pruned.0 - dense.0) * (pruned.0 - dense.0)
    }
    let arrived = zip(trajectory.influence(variance: 0.6), errors).map(*)
    var expected = 0.0
    for n in steps.indices {
      for m in steps.indices {
        expected += arrived[n] * arrived[m] * pow(r, abs(Double(n - m)))
      }
    }
    #expect(abs(sum / Double(samples) / expected - 1) <= 0.02)
  }

  private func advance(
    _ state: inout (Double, Double), _ step: Trajectory.Step, output: Double, _ noise: Double
  ) {
    state = (
      step.stateGain * state.0 + step.outputGain * output + step.historyGain * state.1 + noise,
      step.keptOfState * state.0 + step.keptOfOutput * output
    )
  }

  private func gaussian(_ random: inout SplitMix64) -> Double {
    let radius = (-2 * log(Double.random(in: Double.leastNormalMagnitude..<1, using: &random)))
    return radius.squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
  }
}
