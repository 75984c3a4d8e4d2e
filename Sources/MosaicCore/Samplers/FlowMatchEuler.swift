#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Trajectory {
  /// Euler steps in the time t of a flow, over states `(1 - t) x0 + t noise`.
  ///
  /// Source: Esser et al., "Scaling Rectified Flow Transformers for High-Resolution Image
  /// Synthesis", ICML 2024, sections 2 and 5.3.2; times are those of diffusers'
  /// FlowMatchEulerDiscreteScheduler.
  static func flowMatchEuler(
    _ config: SchedulerConfig, count: Int
  ) throws(SchedulerError) -> Trajectory {
    guard let flow = config.flow else {
      throw SchedulerError(
        .badValue(field: "sampler", found: "flow", expected: "a sampler of the config's betas"))
    }
    try flow.check()
    try NoiseSchedule.checkTrainSteps(config.trainSteps)
    try checkCount(count, trainSteps: config.trainSteps)
    // diffusers keeps times in float32.
    let times = try flow.times(trainSteps: config.trainSteps, count: count).map { Float($0) } + [0]
    return Trajectory(
      steps: zip(times, times.dropFirst()).map { time, next in
        Step(
          timestep: Double(time * Float(config.trainSteps)), alpha: power(of: Double(time)),
          nextAlpha: power(of: Double(next)), stateGain: 1, outputGain: Double(next - time))
      }, config: config)
  }

  /// The signal's share of the state's power at time t.
  private static func power(of time: Double) -> Double {
    (1 - time) * (1 - time) / ((1 - time) * (1 - time) + time * time)
  }
}

extension SchedulerConfig.Flow {
  /// The times of `count` steps, noisiest first, shifted.
  fileprivate func times(trainSteps: Int, count: Int) throws(SchedulerError) -> [Double] {
    let shift = try dynamicShift?.shift() ?? shift
    // The scheduler's least time is one that it has shifted already.
    let least = 1 / Float(trainSteps)
    let trained =
      dynamicShift == nil
      ? Float(shift) * least / (1 + (Float(shift) - 1) * least) : least
    let last = endsEvenly ? 1 / Double(count) : Double(trained)
    let times = (0..<count).map { index -> Double in
      guard count > 1 else { return 1 }
      let time = 1 + Double(index) / Double(count - 1) * (last - 1)
      return shift * time / (1 + (shift - 1) * time)
    }
    guard let terminal, let last = times.last else { return times }
    guard last < 1 else {
      throw SchedulerError(
        .badValue(field: "steps", found: "\(count)", expected: "2 or more with shift_terminal"))
    }
    let scale = (1 - last) / (1 - terminal)
    return times.map { 1 - (1 - $0) / scale }
  }
}

extension SchedulerConfig.Flow.DynamicShift {
  /// exp(mu), mu on the line through both pairs of tokens and shift.
  fileprivate func shift() throws(SchedulerError) -> Double {
    guard let imageTokens else {
      throw SchedulerError(.imageTokensMissing)
    }
    let slope = (maxShift - baseShift) / (Double(maxTokens) - Double(baseTokens))
    let shift = exp(slope * (Double(imageTokens) - Double(baseTokens)) + baseShift)
    guard shift > 0, shift.isFinite else {
      throw SchedulerError(
        .badValue(
          field: "max_shift", found: "\(maxShift)",
          expected: "a shift that \(imageTokens) tokens leave finite"))
    }
    return shift
  }
}
