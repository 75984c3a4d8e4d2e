import Foundation
import MosaicCore
import Testing

@Suite struct InfluenceTests {
  static let schedules: [SchedulerConfig] = [
    SchedulerConfig(),
    SchedulerConfig(betaStart: 0.00085, betaEnd: 0.012, betaSchedule: .scaledLinear),
    SchedulerConfig(betaSchedule: .squaredCosine),
  ]

  /// With a = cos² of an angle and unit variance, A + B j is the cosine of the angle stepped over.
  @Test(arguments: schedules, SchedulerConfig.Prediction.variancePreserving)
  func stepGainIsACosine(
    config: SchedulerConfig, prediction: SchedulerConfig.Prediction
  ) throws {
    var config = config
    config.prediction = prediction
    let trajectory = try Trajectory(config: config, steps: 50)
    for (index, step) in trajectory.steps.enumerated() {
      let gain = step.stateGain + step.outputGain * trajectory.response(at: index, variance: 1)
      let angle = acos(step.alpha.squareRoot()) - acos(step.nextAlpha.squareRoot())
      // Products of numbers up to 1 / sqrt(a) cancel.
      #expect(abs(gain - cos(angle)) <= 1e-12 / step.alpha.squareRoot())
    }
  }

  /// The closed forms for unit variance: -sin Δθ_n Π cos Δθ_m for v, over cos θ_n for eps.
  @Test(arguments: schedules)
  func equalsTheClosedForm(config: SchedulerConfig) throws {
    var config = config
    config.prediction = .velocity
    let trajectory = try Trajectory(config: config, steps: 50)
    let velocity = trajectory.influence(variance: 1)
    config.prediction = .epsilon
    let epsilon = try Trajectory(config: config, steps: 50).influence(variance: 1)
    var later = 1.0
    for (index, step) in trajectory.steps.enumerated().reversed() {
      let angle = acos(step.alpha.squareRoot()) - acos(step.nextAlpha.squareRoot())
      #expect(abs(velocity[index] + sin(angle) * later) <= 1e-12)
      let expected = velocity[index] / step.alpha.squareRoot()
      #expect(abs(epsilon[index] - expected) <= 1e-10 * abs(expected))
      later *= cos(angle)
    }
  }

  /// The same error of the predicted x0, told as noise, sample or velocity, arrives the same:
  /// d x0 / d output is -sqrt((1 - a) / a), 1 and -sqrt(1 - a).
  @Test(arguments: schedules, [0.25, 1.0, 3.0])
  func parametrisationDoesNotMatter(config: SchedulerConfig, variance: Double) throws {
    var arrived: [[Double]] = []
    for prediction in SchedulerConfig.Prediction.variancePreserving {
      var config = config
      config.prediction = prediction
      let trajectory = try Trajectory(config: config, steps: 20)
      let influence = trajectory.influence(variance: variance)
      arrived.append(
        zip(trajectory.steps, influence).map { step, influence in
          let noise = (1 - step.alpha).squareRoot()
          return switch prediction {
          case .epsilon: -influence * step.alpha.squareRoot() / noise
          case .sample: influence
          case .velocity, .flow: -influence / noise
          }
        })
    }
    for index in 0..<20 {
      #expect(arrived[1][index] != 0)
      #expect(abs(arrived[0][index] - arrived[1][index]) <= 1e-9 * abs(arrived[1][index]))
      #expect(abs(arrived[2][index] - arrived[1][index]) <= 1e-9 * abs(arrived[1][index]))
    }
  }

  static let samplers: [SchedulerConfig] = {
    var made: [SchedulerConfig] = []
    for prediction in SchedulerConfig.Prediction.variancePreserving {
      for final in SchedulerConfig.Sigmas.Final.allCases {
        for isKarras in [false, true] {
          var euler = SchedulerConfig(sampler: .euler, prediction: prediction, spacing: .linspace)
          euler.sigmas = .init(isKarras: isKarras, final: final)
          var solver = SchedulerConfig(
            sampler: .dpmpp2m, prediction: prediction, spacing: .linspace)
          solver.sigmas = euler.sigmas
          solver.solver.kind = isKarras ? .heun : .midpoint
          made += [euler, solver]
        }
      }
    }
    for shift in [1.0, 3.0] {
      made.append(SchedulerConfig(sampler: .flow, prediction: .flow, flow: .init(shift: shift)))
      made.append(SchedulerConfig(sampler: .dpmpp2m, prediction: .flow, flow: .init(shift: shift)))
    }
    return made
  }()

  /// Brute force: the scalar sampler runs by its own update with the best denoiser of Gaussian data
  /// for a network, from nothing but a unit error of the output at one step.
  @Test(arguments: samplers, [0.3, 1.0, 2.5])
  func equalsTheImpulseResponseOfEverySampler(config: SchedulerConfig, variance: Double) throws {
    let trajectory = try Trajectory(config: config, steps: 18)
    let influence = trajectory.influence(variance: variance)
    for disturbed in trajectory.steps.indices {
      var (state, history) = (0.0, 0.0)
      for (index, step) in trajectory.steps.enumerated() {
        let output =
          Self.denoiser(config.prediction, step, variance) * step.inputScale * state
          + (index == disturbed ? 1 : 0)
        (state, history) = (
          step.stateGain * state + step.outputGain * output + step.historyGain * history,
          step.keptOfState * state + step.keptOfOutput * output
        )
      }
      // Terms as large as the gains cancel.
      let scale = trajectory.steps.map { max(abs($0.outputGain), abs($0.stateGain)) }.max() ?? 1
      #expect(abs(state - influence[disturbed]) <= 1e-12 * max(1, scale))
    }
  }

  /// d f / d input by the posterior mean of x0 in a state `signal x0 + noise e`.
  static func denoiser(
    _ prediction: SchedulerConfig.Prediction, _ step: Trajectory.Step, _ variance: Double
  ) -> Double {
    var (signal, noise) = (step.alpha.squareRoot(), (1 - step.alpha).squareRoot())
    if prediction == .flow {
      (signal, noise) = (signal / (signal + noise), noise / (signal + noise))
    }
    let sample = signal * variance / (signal * signal * variance + noise * noise)
    let direction = (1 - signal * sample) / noise
    return switch prediction {
    case .epsilon: direction
    case .sample: sample
    case .velocity: signal * direction - noise * sample
    case .flow: direction - sample
    }
  }

  /// A multistep sampler reads an output twice.
  @Test func outputsReadLaterCount() throws {
    let trajectory = try Trajectory(
      config: SchedulerConfig(sampler: .dpmpp2m, spacing: .linspace), steps: 20)
    #expect(trajectory.isMultistep && trajectory.steps.allSatisfy(\.needsForward))
    let influence = trajectory.influence(variance: 1)
    let last = trajectory.steps[19]
    let beforeLast = trajectory.steps[18]
    let response = trajectory.response(at: 19, variance: 1)
    let expected =
      beforeLast.outputGain * (last.stateGain + last.outputGain * response)
      + beforeLast.keptOfOutput * last.historyGain
    #expect(abs(influence[18] - expected) <= 1e-12 * abs(expected))
  }

  /// The adjoint is the response of the linear sampler to a unit error at one step.
  @Test(arguments: SchedulerConfig.Prediction.variancePreserving, [0.0, 0.5, 1.0])
  func equalsTheImpulseResponse(prediction: SchedulerConfig.Prediction, eta: Double) throws {
    let trajectory = try Trajectory(
      config: SchedulerConfig(prediction: prediction, stepsOffset: 1), steps: 30, eta: eta)
    let influence = trajectory.influence(variance: 0.6)
    for disturbed in trajectory.steps.indices {
      var state = 0.0
      for (index, step) in trajectory.steps.enumerated() {
        let output =
          trajectory.response(at: index, variance: 0.6) * state + (index == disturbed ? 1 : 0)
        state = step.stateGain * state + step.outputGain * output
      }
      #expect(abs(state - influence[disturbed]) <= 1e-12 * max(1, abs(state)))
    }
  }

  @Test func lastStepPassesItsOwnGain() throws {
    let trajectory = try Trajectory(config: SchedulerConfig(), steps: 20)
    #expect(trajectory.influence(variance: 1).last == trajectory.steps.last?.outputGain)
  }
}
