import MosaicCore
import Testing

@Suite struct NoiseScheduleTests {
  /// PyTorch rounds its even spacing by the machine's vector width, so bits need not be equal: a
  /// unit in the last place of 1,000 factors, of either sign.
  @Test(arguments: TrajectoryReference.shared.cases.filter { !$0.alphas.isEmpty })
  func equalsDiffusers(reference: TrajectoryReference.Case) throws {
    let config = try reference.config()
    let alphas = try NoiseSchedule(config).alphasCumulative
    for (timestep, expected) in reference.alphas {
      let found = alphas[timestep]
      // Rescaling subtracts from the roots, and what is left of them may be small.
      let scale = config.rescaleBetasZeroSNR ? expected.squareRoot() : expected
      #expect(abs(found - expected) <= 1e-6 * scale, "timestep \(timestep)")
    }
  }

  @Test func endsWithoutSignalWhenRescaled() throws {
    var config = SchedulerConfig(betaStart: 0.00085, betaEnd: 0.012, betaSchedule: .scaledLinear)
    let plain = try NoiseSchedule(config).alphasCumulative
    config.rescaleBetasZeroSNR = true
    let rescaled = try NoiseSchedule(config).alphasCumulative
    #expect(rescaled.last == 0)
    // Rescaling keeps the first value; it went through a square root and back in float32.
    #expect(abs(rescaled[0] - plain[0]) <= 0x1p-22)
    #expect(NoiseSchedule.logSNR(0) == -.infinity)
  }

  @Test(arguments: [
    (SchedulerConfig(trainSteps: 0), "num_train_timesteps is 0; expected 1 to 1000000"),
    (SchedulerConfig(betaStart: .nan), "beta_start is nan; expected numbers above 0 and below 1"),
    (SchedulerConfig(betaStart: 0), "beta_start is 0.0; expected numbers above 0 and below 1"),
    (SchedulerConfig(betaEnd: 1), "beta_end is 1.0; expected numbers above 0 and below 1"),
    (
      SchedulerConfig(betaStart: -1, betaSchedule: .scaledLinear),
      "beta_start is -1.0; expected numbers above 0 and below 1"
    ),
    (
      SchedulerConfig(trainSteps: 3, trainedBetas: [0.1, 0.2]),
      "trained_betas is a list of 2; expected one for each of the 3 num_train_timesteps"
    ),
    (
      SchedulerConfig(trainSteps: 2, trainedBetas: [0.1, .infinity]),
      "trained_betas is inf; expected numbers above 0 and below 1"
    ),
    (
      SchedulerConfig(trainSteps: 1, rescaleBetasZeroSNR: true),
      "betas is too small or too large for float32; "
        + "expected a signal that falls from below 1 and reaches 0 at the last step at most"
    ),
    (
      SchedulerConfig(trainSteps: 2, trainedBetas: [1e-12, 0.5]),
      "betas is too small or too large for float32; "
        + "expected a signal that falls from below 1 and reaches 0 at the last step at most"
    ),
  ])
  func refusesBadBetas(config: SchedulerConfig, message: String) {
    let error = #expect(throws: SchedulerError.self) { try NoiseSchedule(config) }
    #expect(error?.description == "scheduler: " + message)
    #expect(error?.exitStatus == .badConfiguration)
  }
}
