import Foundation
import Testing

@testable import MosaicCore

@Suite struct TrajectoryTests {
  @Test(arguments: TrajectoryReference.shared.cases)
  func timestepsEqualDiffusers(reference: TrajectoryReference.Case) throws {
    let trajectory = try Trajectory(
      config: reference.config(), steps: reference.steps, eta: reference.eta)
    #expect(trajectory.steps.count == reference.timesteps.count)
    for (step, expected) in zip(trajectory.steps, reference.timesteps) {
      // Whole ones are the same; others are float32 between levels told in float32.
      let tolerance = expected == expected.rounded() ? 0 : 1e-6 * expected
      #expect(abs(step.timestep - expected) <= tolerance, "\(step.timestep), \(expected)")
    }
  }

  @Test(arguments: TrajectoryReference.shared.cases.filter { !$0.sigmas.isEmpty })
  func noiseLevelsEqualDiffusers(reference: TrajectoryReference.Case) throws {
    let config = try reference.config()
    let trajectory = try Trajectory(config: config, steps: reference.steps)
    let next = trajectory.steps.map(\.nextAlpha)
    for (alpha, sigma) in zip([trajectory.steps[0].alpha] + next, reference.sigmas) {
      let expected =
        config.flow == nil
        ? 1 / (1 + sigma * sigma) : (1 - sigma) * (1 - sigma) / (1 - 2 * sigma * (1 - sigma))
      // Times near 1 and rescaled betas leave a small root of a, told in float32.
      #expect(abs(alpha - expected) <= 1e-6 * expected.squareRoot())
    }
  }

  @Test(arguments: TrajectoryReference.shared.cases)
  func statesEqualDiffusers(reference: TrajectoryReference.Case) throws {
    let trajectory = try Trajectory(
      config: reference.config(), steps: reference.steps, eta: reference.eta)
    var state = TrajectoryReference.shared.initial.map { Float(trajectory.initialScale * $0) }
    var history = [Float](repeating: .nan, count: state.count)
    for (index, step) in trajectory.steps.enumerated() {
      let output = state.map {
        Float(0.8 * sin(step.inputScale * Double($0) + step.timestep / 100))
      }
      let noise = state.indices.map {
        Float(2.0.squareRoot() * sin(1.7 * Double(index + 1) + 2.3 * Double($0)))
      }
      state.withUnsafeMutableBufferPointer { state in
        history.withUnsafeMutableBufferPointer {
          trajectory.advance(
            step: index, state: state, output: output, history: $0.baseAddress, noise: noise)
        }
      }
      guard let expected = reference.states[index] else { continue }
      // One float32 rounding a step, which the steps after it may enlarge.
      let magnitude = try #require(expected.map(abs).max())
      for (found, expected) in zip(state, expected) {
        #expect(abs(Double(found) - expected) <= 1e-5 * max(1, magnitude), "step \(index)")
      }
    }
  }

  /// 504 of the step counts tried gave NumPy's list one more entry, timestep -1.
  @Test func trailingNeverLeavesTheTrainingSteps() throws {
    for count in 1...1000 {
      let trajectory = try Trajectory(
        config: SchedulerConfig(spacing: .trailing), steps: count)
      #expect(trajectory.steps.count == count)
      #expect(trajectory.steps.first?.timestep == 999)
      #expect(trajectory.steps.allSatisfy { $0.timestep >= 0 })
    }
  }

  /// Ho et al., "Denoising Diffusion Probabilistic Models", equations 6, 7 and 11.
  @Test func fullEtaIsDDPM() throws {
    let config = SchedulerConfig(sampler: .ddpm)
    for step in try Trajectory(config: config, steps: 50).steps {
      let alpha = step.alpha / step.nextAlpha
      let beta = 1 - alpha
      let variance = (1 - step.nextAlpha) / (1 - step.alpha) * beta
      #expect(abs(step.stateGain - 1 / alpha.squareRoot()) <= 1e-12)
      #expect(
        abs(step.outputGain + beta / (alpha * (1 - step.alpha)).squareRoot()) <= 1e-12)
      #expect(abs(step.noiseGain - variance.squareRoot()) <= 1e-12)
    }
  }

  /// The method's table of DDIM coefficients.
  @Test(arguments: SchedulerConfig.Prediction.variancePreserving)
  func gainsFollowTheTable(prediction: SchedulerConfig.Prediction) throws {
    let config = SchedulerConfig(betaSchedule: .squaredCosine, prediction: prediction)
    for step in try Trajectory(config: config, steps: 20).steps {
      let (a, b) = (step.alpha, step.nextAlpha)
      let (stateGain, outputGain) =
        switch prediction {
        case .epsilon:
          ((b / a).squareRoot(), (1 - b).squareRoot() - (b * (1 - a) / a).squareRoot())
        case .sample:
          (((1 - b) / (1 - a)).squareRoot(), b.squareRoot() - (a * (1 - b) / (1 - a)).squareRoot())
        case .velocity, .flow:
          (
            (a * b).squareRoot() + ((1 - a) * (1 - b)).squareRoot(),
            (a * (1 - b)).squareRoot() - (b * (1 - a)).squareRoot()
          )
        }
      #expect(abs(step.stateGain - stateGain) <= 1e-12 * max(1, abs(stateGain)))
      #expect(abs(step.outputGain - outputGain) <= 1e-12 * max(1, abs(outputGain)))
    }
  }

  @Test(arguments: SchedulerConfig.Prediction.variancePreserving)
  func lastForwardIsFreeWithoutFinalAlpha(prediction: SchedulerConfig.Prediction) throws {
    var config = SchedulerConfig(prediction: prediction, setAlphaToOne: false)
    let steps = try Trajectory(config: config, steps: 20).steps
    #expect(steps.map(\.needsForward) == Array(repeating: true, count: 19) + [false])
    #expect(steps.last?.stateGain == 1)
    config.stepsOffset = 1
    #expect(try Trajectory(config: config, steps: 20).steps.allSatisfy(\.needsForward))
    config.stepsOffset = 0
    config.clipSampleRange = 1
    #expect(try Trajectory(config: config, steps: 20).steps.allSatisfy(\.needsForward))
  }

  /// The last step of these ends where it starts, and reads nothing; DPM-Solver++ reads the output
  /// before it at once.
  @Test(arguments: [SamplerKind.euler, .dpmpp2m], [false, true])
  func stillStepsAreFree(sampler: SamplerKind, isKarras: Bool) throws {
    var config = SchedulerConfig(sampler: sampler, spacing: .leading)
    config.sigmas = .init(isKarras: isKarras, final: .least)
    let steps = try Trajectory(config: config, steps: 20).steps
    // Without Karras levels DPM-Solver++ leaves the least timestep out.
    let isStill = sampler == .euler || isKarras
    #expect(steps.map(\.needsForward) == Array(repeating: true, count: 19) + [!isStill])
    #expect(!isStill || steps[19].stateGain == 1 && steps[19].historyGain == 0)
  }

  /// A step of second order reads the output before it, so that is needed even where its own step
  /// does not move.
  @Test func outputsThatAreReadLaterAreNeeded() {
    var steps = (0..<3).map { _ in
      Trajectory.Step(
        timestep: 1, alpha: 0.5, nextAlpha: 0.5, stateGain: 1, outputGain: 0, keptOfOutput: 1)
    }
    steps[1].historyGain = 0.5
    let made = Trajectory(steps: steps, config: SchedulerConfig(sampler: .dpmpp2m))
    #expect(made.steps.map(\.needsForward) == [true, false, false])
  }

  @Test func startsAtTheNoiseOfTheFirstStep() throws {
    var config = SchedulerConfig(sampler: .euler, spacing: .trailing)
    let trailing = try Trajectory(config: config, steps: 20)
    let alpha = trailing.steps[0].alpha
    #expect(abs(trailing.initialScale - ((1 - alpha) / alpha).squareRoot()) <= 1e-9)
    config.spacing = .leading
    let leading = try Trajectory(config: config, steps: 20)
    #expect(abs(leading.initialScale * leading.steps[0].inputScale - 1) <= 1e-15)
    config.sampler = .dpmpp2m
    #expect(try Trajectory(config: config, steps: 20).initialScale == 1)
  }

  @Test func freeStepLeavesTheStateAlone() throws {
    let trajectory = try Trajectory(config: SchedulerConfig(setAlphaToOne: false), steps: 20)
    var state: [Float] = [1, -2, 3]
    let output: [Float] = [.nan, .nan, .nan]
    state.withUnsafeMutableBufferPointer {
      trajectory.advance(step: 19, state: $0, output: output)
    }
    #expect(state == [1, -2, 3])
  }

  @Test(arguments: [
    (SchedulerConfig(), 1001, 0.0, "steps is 1001; expected 1 to 1000, the num_train_timesteps"),
    (SchedulerConfig(), 0, 0.0, "steps is 0; expected 1 to 1000, the num_train_timesteps"),
    (SchedulerConfig(), 20, 1.5, "eta is 1.5; expected 0 to 1"),
    (SchedulerConfig(), 20, Double.nan, "eta is nan; expected 0 to 1"),
    (
      SchedulerConfig(stepsOffset: 1), 1000, 0.0,
      "steps is 1000 from steps_offset 1; "
        + "expected fewer, because the first timestep would lie beyond 999"
    ),
    (
      SchedulerConfig(stepsOffset: .max), 20, 0.0,
      "steps_offset is 9223372036854775807; expected 0 to 999"
    ),
    (
      SchedulerConfig(spacing: .trailing, rescaleBetasZeroSNR: true), 20, 0.0,
      "prediction_type is epsilon; expected v_prediction or sample, "
        + "because no signal is left at timestep 999"
    ),
  ])
  func refusesStepsThatDoNotExist(
    config: SchedulerConfig, steps: Int, eta: Double, message: String
  ) {
    let error = #expect(throws: SchedulerError.self) {
      try Trajectory(config: config, steps: steps, eta: eta)
    }
    #expect(error?.description == "scheduler: " + message)
    #expect(error?.exitStatus == .badConfiguration)
  }
}
