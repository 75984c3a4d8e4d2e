#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Trajectory {
  /// DPM-Solver++ of first and second order, multistep: over the predicted x0 of this step and of
  /// the one before.
  ///
  /// Source: Lu et al., "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic
  /// Models", 2022, algorithm 2; timesteps and levels are those of diffusers'
  /// DPMSolverMultistepScheduler.
  static func dpmSolver(
    _ config: SchedulerConfig, count: Int
  ) throws(SchedulerError) -> Trajectory {
    let (timesteps, levels) = try levels(config, count: count)
    for index in timesteps.indices where levels[index].lambda == levels[index + 1].lambda {
      // The last step may stay where it is; between others no slope can be taken.
      guard index == count - 1 else {
        throw SchedulerError(
          .badValue(
            field: "steps", found: "\(count)",
            expected: "fewer, because steps \(index + 1) and \(index + 2) have one noise level"))
      }
    }
    let solver = config.solver
    return Trajectory(
      steps: timesteps.indices.map { index in
        let isLast = index == count - 1
        let isFirstOrder =
          solver.order == 1 || index == 0
          || isLast
            && (solver.isEulerAtFinal || (solver.isLowerOrderFinal && count < 15)
              || levels[count].noise == 0)
        return Step(
          config, timestep: timesteps[index], from: levels[index], to: levels[index + 1],
          before: isFirstOrder ? nil : levels[index - 1])
      }, config: config)
  }

  /// A state's `signal x0 + noise e`.
  fileprivate struct Level {
    var signal: Double
    var noise: Double

    /// Of a variance preserving process.
    init(sigma: Double) {
      signal = 1 / (1 + sigma * sigma).squareRoot()
      noise = sigma * signal
    }

    /// Of a flow.
    init(time: Double) {
      signal = 1 - time
      noise = time
    }

    var lambda: Double { log(signal) - log(noise) }
    var alpha: Double { signal * signal / (signal * signal + noise * noise) }
  }

  private static func levels(
    _ config: SchedulerConfig, count: Int
  ) throws(SchedulerError) -> (timesteps: [Double], levels: [Level]) {
    if let flow = config.flow {
      let times = try solverTimes(flow, trainSteps: config.trainSteps, count: count)
      return (
        times.map { ($0 * Double(config.trainSteps)).rounded(.towardZero) },
        (times + [0]).map { Level(time: Double(Float($0))) }
      )
    }
    let schedule = try NoiseSchedule(config)
    let training = SigmaSchedule(schedule)
    let final = config.sigmas.final == .zero ? 0 : training.sigmas[0]
    let timesteps: [Double]
    let sigmas: [Double]
    if config.sigmas.isKarras {
      try checkCount(count, trainSteps: config.trainSteps)
      sigmas = SigmaSchedule.karras(
        from: training.sigmas[training.sigmas.count - 1], to: training.sigmas[0], count: count)
      // What the network is told is whole; diffusers cuts off where it does not round.
      let rule: FloatingPointRoundingRule =
        config.betaSchedule == .squaredCosine ? .towardZero : .toNearestOrEven
      timesteps = sigmas.map { training.timestep(of: $0).rounded(rule) }
    } else {
      timesteps = try solverTimesteps(config, schedule, count: count).map(Double.init)
      sigmas = timesteps.map { training.sigma(at: $0) }
    }
    return (timesteps, (sigmas + [final]).map { Level(sigma: Double(Float($0))) })
  }

  /// The times of a flow, evenly spaced before they are shifted: diffusers' solver knows no other
  /// choice of them.
  private static func solverTimes(
    _ flow: SchedulerConfig.Flow, trainSteps: Int, count: Int
  ) throws(SchedulerError) -> [Double] {
    try flow.check()
    try NoiseSchedule.checkTrainSteps(trainSteps)
    try checkCount(count, trainSteps: trainSteps)
    let distance = (1 / Double(trainSteps) - 1) / Double(count)
    return (1...count).reversed().map {
      let alpha = $0 == count ? 1 / Double(trainSteps) : Double($0) * distance + 1
      return flow.shift * (1 - alpha) / (1 + (flow.shift - 1) * (1 - alpha))
    }
  }
}

extension Trajectory.Step {
  fileprivate init(
    _ config: SchedulerConfig, timestep: Double, from level: Trajectory.Level,
    to next: Trajectory.Level, before: Trajectory.Level?
  ) {
    let reading = OutputReading(config.prediction, signal: level.signal, noise: level.noise)
    let isStill = level.lambda == next.lambda
    let stateGain = isStill ? 1 : next.noise / level.noise
    // Of the predicted x0, and of its slope over half the log-SNR.
    let sampleGain = isStill ? 0 : next.signal - level.signal * stateGain
    var slopeGain = 0.0
    if let before, !isStill {
      let distance = next.lambda - level.lambda
      let slope =
        switch config.solver.kind {
        case .midpoint: sampleGain / 2
        case .heun: next.signal - sampleGain / distance
        }
      slopeGain = slope * distance / (level.lambda - before.lambda)
    }
    let total = sampleGain + slopeGain
    self.init(
      timestep: timestep, alpha: level.alpha, nextAlpha: next.alpha,
      stateGain: stateGain + total * reading.sampleOfState,
      outputGain: total * reading.sampleOfOutput, historyGain: -slopeGain,
      keptOfState: reading.sampleOfState, keptOfOutput: reading.sampleOfOutput)
  }
}
