#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Trajectory {
  /// The timesteps of a run, noisiest first, as diffusers' DDIM and DDPM have them.
  ///
  /// Where trailing spacing gives diffusers one timestep more than asked for (-1, by rounding in
  /// the length of the list), it is left out.
  ///
  /// Source: spacings of Lin et al., "Common Diffusion Noise Schedules and Sample Steps are
  /// Flawed", 2023, table 2; halves round to even as in NumPy.
  static func timesteps(
    _ config: SchedulerConfig, count: Int
  ) throws(SchedulerError) -> [Int] {
    let trainSteps = config.trainSteps
    try checkCount(count, trainSteps: trainSteps)
    switch config.spacing {
    case .leading:
      return try leading(config, count: count, distance: trainSteps / count)
    case .linspace:
      return evenly(to: trainSteps - 1, count: count).map(rounded).reversed()
    case .trailing:
      return trailing(from: trainSteps, distance: Double(trainSteps) / Double(count), count: count)
    }
  }

  /// Those of Euler: evenly spaced ones are not rounded.
  static func spacedTimesteps(
    _ config: SchedulerConfig, count: Int
  ) throws(SchedulerError) -> [Double] {
    guard config.spacing == .linspace else {
      return try timesteps(config, count: count).map(Double.init)
    }
    try checkCount(count, trainSteps: config.trainSteps)
    return evenly(to: config.trainSteps - 1, count: count).reversed().map { Double(Float($0)) }
  }

  /// Those of DPM-Solver++: of one more, the last goes, but for trailing spacing.
  static func solverTimesteps(
    _ config: SchedulerConfig, _ schedule: NoiseSchedule, count: Int
  ) throws(SchedulerError) -> [Int] {
    let trainSteps = config.trainSteps
    let end = end(of: schedule, leastLambda: config.solver.leastLambda)
    let most = config.spacing == .trailing ? trainSteps : end - 1
    guard most >= 1 else {
      throw SchedulerError(
        .badValue(
          field: "lambda_min_clipped", found: "\(config.solver.leastLambda)",
          expected: "a number that leaves timesteps of the \(trainSteps)"))
    }
    guard (1...most).contains(count) else {
      throw SchedulerError(
        .badValue(
          field: "steps", found: "\(count)",
          expected: "1 to \(most), to which num_train_timesteps and lambda_min_clipped lead"))
    }
    switch config.spacing {
    case .leading:
      return try leading(config, count: count, distance: end / (count + 1), leavingOut: 1)
    case .linspace:
      return evenly(to: end - 1, count: count + 1).dropFirst().map(rounded).reversed()
    case .trailing:
      guard end == trainSteps else {
        throw SchedulerError(
          .unsupportedValue(
            field: "lambda_min_clipped", found: "\(config.solver.leastLambda)",
            supported: "-Infinity with trailing timesteps"))
      }
      return trailing(from: trainSteps, distance: Double(trainSteps) / Double(count), count: count)
    }
  }

  static func checkCount(_ count: Int, trainSteps: Int) throws(SchedulerError) {
    guard count >= 1, count <= trainSteps else {
      throw SchedulerError(
        .badValue(
          field: "steps", found: "\(count)",
          expected: "1 to \(trainSteps), the num_train_timesteps"))
    }
  }

  /// - Parameter first: How many of the least are left out.
  private static func leading(
    _ config: SchedulerConfig, count: Int, distance: Int, leavingOut first: Int = 0
  ) throws(SchedulerError) -> [Int] {
    let (trainSteps, offset) = (config.trainSteps, config.stepsOffset)
    // The offset can lead past the last training step, but not past Int.
    guard (0..<trainSteps).contains(offset) else {
      throw SchedulerError(
        .badValue(field: "steps_offset", found: "\(offset)", expected: "0 to \(trainSteps - 1)"))
    }
    guard (first + count - 1) * distance + offset < trainSteps else {
      throw SchedulerError(
        .badValue(
          field: "steps", found: "\(count) from steps_offset \(offset)",
          expected: "fewer, because the first timestep would lie beyond \(trainSteps - 1)"))
    }
    return (first..<first + count).reversed().map { $0 * distance + offset }
  }

  /// `count` numbers from 0 to `last`.
  private static func evenly(to last: Int, count: Int) -> [Double] {
    let distance = count > 1 ? Double(last) / Double(count - 1) : 0
    // The end is set, not computed.
    return (0..<count).map {
      count > 1 && $0 == count - 1 ? Double(last) : Double($0) * distance
    }
  }

  private static func trailing(from end: Int, distance: Double, count: Int) -> [Int] {
    // NumPy adds multiples of the difference of the first two values, not of the step asked for.
    let total = Double(end)
    let distance = (total - distance) - total
    return (0..<count).map { rounded(total + Double($0) * distance) - 1 }
  }

  /// One past the last timestep whose lambda = ln(sqrt(a) / sqrt(1 - a)) is not below `least`.
  private static func end(of schedule: NoiseSchedule, leastLambda least: Double) -> Int {
    let kept = schedule.alphasCumulative.lastIndex {
      let alpha = Float($0)
      return log(alpha.squareRoot()) - log((1 - alpha).squareRoot()) >= Float(least)
    }
    return (kept ?? -1) + 1
  }

  private static func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }
}
