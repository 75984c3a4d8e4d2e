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
  @Test(arguments: schedules, SchedulerConfig.Prediction.allCases)
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
    for prediction in SchedulerConfig.Prediction.allCases {
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
          case .velocity: -influence / noise
          }
        })
    }
    for index in 0..<20 {
      #expect(arrived[1][index] != 0)
      #expect(abs(arrived[0][index] - arrived[1][index]) <= 1e-9 * abs(arrived[1][index]))
      #expect(abs(arrived[2][index] - arrived[1][index]) <= 1e-9 * abs(arrived[1][index]))
    }
  }

  /// The adjoint is the response of the linear sampler to a unit error at one step.
  @Test(arguments: SchedulerConfig.Prediction.allCases, [0.0, 0.5, 1.0])
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
