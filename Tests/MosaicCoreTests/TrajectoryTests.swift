import Foundation
import MosaicCore
import Testing

@Suite struct TrajectoryTests {
  @Test(arguments: TrajectoryReference.shared.cases)
  func timestepsEqualDiffusers(reference: TrajectoryReference.Case) throws {
    let trajectory = try Trajectory(
      config: reference.config(), steps: reference.steps, eta: reference.eta)
    #expect(trajectory.steps.map(\.timestep) == reference.timesteps)
  }

  @Test(arguments: TrajectoryReference.shared.cases)
  func statesEqualDiffusers(reference: TrajectoryReference.Case) throws {
    let trajectory = try Trajectory(
      config: reference.config(), steps: reference.steps, eta: reference.eta)
    var state = TrajectoryReference.shared.initial.map { Float($0) }
    for (index, step) in trajectory.steps.enumerated() {
      let output = state.map { Float(0.8 * sin(Double($0) + Double(step.timestep) / 100)) }
      let noise = state.indices.map {
        Float(2.0.squareRoot() * sin(1.7 * Double(index + 1) + 2.3 * Double($0)))
      }
      state.withUnsafeMutableBufferPointer {
        trajectory.advance(step: index, state: $0, output: output, noise: noise)
      }
      guard let expected = reference.states["\(index)"] else { continue }
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
    let config = SchedulerConfig(className: "DDPMScheduler", eta: 1)
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
  @Test(arguments: SchedulerConfig.Prediction.allCases)
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
        case .velocity:
          (
            (a * b).squareRoot() + ((1 - a) * (1 - b)).squareRoot(),
            (a * (1 - b)).squareRoot() - (b * (1 - a)).squareRoot()
          )
        }
      #expect(abs(step.stateGain - stateGain) <= 1e-12 * max(1, abs(stateGain)))
      #expect(abs(step.outputGain - outputGain) <= 1e-12 * max(1, abs(outputGain)))
    }
  }

  @Test(arguments: SchedulerConfig.Prediction.allCases)
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

  @Test func freeStepLeavesTheStateAlone() throws {
    let trajectory = try Trajectory(config: SchedulerConfig(setAlphaToOne: false), steps: 20)
    var state: [Float] = [1, -2, 3]
    let output: [Float] = [.nan, .nan, .nan]
    state.withUnsafeMutableBufferPointer {
      trajectory.advance(step: 19, state: $0, output: output, noise: nil)
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
