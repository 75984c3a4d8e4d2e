extension Trajectory {
  /// DDIM, and with eta 1 and its own timesteps DDPM.
  ///
  /// Source: Song, Meng and Ermon, "Denoising Diffusion Implicit Models", ICLR 2021, equations 12
  /// and 16; which timestep follows which is diffusers' choice for each class.
  static func ddim(
    _ config: SchedulerConfig, count: Int, eta: Double
  ) throws(SchedulerError) -> Trajectory {
    let alphas = try NoiseSchedule(config).alphasCumulative
    let isDDPM = config.sampler == .ddpm
    let timesteps = try timesteps(config, count: count)
    let finalAlpha = isDDPM || config.setAlphaToOne ? 1 : alphas[0]
    var steps: [Step] = []
    for (index, timestep) in timesteps.enumerated() {
      // DDIM steps down by T / count whatever the spacing; DDPM to the timestep that comes next.
      let following = index + 1 < timesteps.count ? timesteps[index + 1] : -1
      let next = isDDPM ? following : timestep - config.trainSteps / count
      let alpha = alphas[timestep]
      guard alpha > 0 || config.prediction != .epsilon else {
        throw SchedulerError(
          .badValue(
            field: "prediction_type", found: "epsilon",
            expected:
              "v_prediction or sample, because no signal is left at timestep \(timestep)"))
      }
      steps.append(
        Step(
          prediction: config.prediction, timestep: timestep, alpha: alpha,
          nextAlpha: next >= 0 ? alphas[next] : finalAlpha, eta: eta))
    }
    return Trajectory(
      steps: steps, config: config,
      clipping: config.clipSampleRange.map { Clipping(range: $0, rederivesNoise: isDDPM) })
  }
}

extension Trajectory.Step {
  fileprivate init(
    prediction: SchedulerConfig.Prediction, timestep: Int, alpha: Double, nextAlpha: Double,
    eta: Double
  ) {
    let reading = OutputReading(
      prediction, signal: alpha.squareRoot(), noise: (1 - alpha).squareRoot())
    // Alphas fall with the timesteps, so the variance is negative by rounding only.
    let variance = max(0, (1 - nextAlpha) / (1 - alpha) * (1 - alpha / nextAlpha))
    let noiseGain = eta * variance.squareRoot()
    let directionGain = Self.directionGain(nextAlpha: nextAlpha, noiseGain: noiseGain)
    let sampleGain = nextAlpha.squareRoot()
    // A step that stays where it is has B = 0 by algebra; rounding must not hide that.
    let isStill = alpha == nextAlpha
    self.init(
      timestep: Double(timestep), alpha: alpha, nextAlpha: nextAlpha,
      stateGain: isStill
        ? 1 : sampleGain * reading.sampleOfState + directionGain * reading.noiseOfState,
      outputGain: isStill
        ? 0 : sampleGain * reading.sampleOfOutput + directionGain * reading.noiseOfOutput,
      noiseGain: noiseGain)
  }

  /// Gain of the predicted noise in the next state: what fresh noise leaves of its noise.
  static func directionGain(nextAlpha: Double, noiseGain: Double) -> Double {
    max(0, 1 - nextAlpha - noiseGain * noiseGain).squareRoot()
  }
}
