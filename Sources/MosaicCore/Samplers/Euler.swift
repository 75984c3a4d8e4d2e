extension Trajectory {
  /// Euler steps in sigma, over states `x0 + sigma noise`.
  ///
  /// Source: Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models",
  /// NeurIPS 2022, algorithm 1 without its correction; timesteps and levels are those of diffusers'
  /// EulerDiscreteScheduler.
  static func euler(_ config: SchedulerConfig, count: Int) throws(SchedulerError) -> Trajectory {
    let training = SigmaSchedule(try NoiseSchedule(config))
    var timesteps = try spacedTimesteps(config, count: count)
    var sigmas = timesteps.map { training.sigma(at: $0) }
    let largest = sigmas[0]
    if config.sigmas.isKarras {
      sigmas = SigmaSchedule.karras(from: largest, to: sigmas[count - 1], count: count)
      timesteps = sigmas.map { Double(Float(training.timestep(of: $0))) }
    }
    // diffusers keeps levels in float32, and so do steps that must end where they start.
    sigmas = (sigmas + [config.sigmas.final == .zero ? 0 : training.sigmas[0]]).map {
      Double(Float($0))
    }
    let start = config.spacing == .leading ? (1 + sigmas[0] * sigmas[0]).squareRoot() : sigmas[0]
    return Trajectory(
      steps: timesteps.indices.map {
        Step(
          prediction: config.prediction, timestep: timesteps[$0], sigma: sigmas[$0],
          next: sigmas[$0 + 1])
      }, config: config, initialScale: start)
  }
}

extension Trajectory.Step {
  fileprivate init(
    prediction: SchedulerConfig.Prediction, timestep: Double, sigma: Double, next: Double
  ) {
    // The network was trained on states of unit power.
    let scale = 1 / (1 + sigma * sigma).squareRoot()
    let reading = OutputReading(prediction, signal: scale, noise: sigma * scale)
    // What lies between two equal levels by rounding must not cost a forward.
    let isStill = sigma == next
    self.init(
      timestep: timestep, alpha: 1 / (1 + sigma * sigma), nextAlpha: 1 / (1 + next * next),
      inputScale: scale,
      stateGain: isStill ? 1 : scale * (reading.sampleOfState + next * reading.noiseOfState),
      outputGain: isStill ? 0 : reading.sampleOfOutput + next * reading.noiseOfOutput)
  }
}
