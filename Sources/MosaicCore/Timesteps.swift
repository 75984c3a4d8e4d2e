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
    guard (1...trainSteps).contains(count) else {
      throw SchedulerError(
        .badValue(
          field: "steps", found: "\(count)",
          expected: "1 to \(trainSteps), the num_train_timesteps"))
    }
    let ascending: [Int]
    switch config.spacing {
    case .leading:
      // The offset can lead past the last training step, but not past Int.
      guard (0..<trainSteps).contains(config.stepsOffset) else {
        throw SchedulerError(
          .badValue(
            field: "steps_offset", found: "\(config.stepsOffset)",
            expected: "0 to \(trainSteps - 1)"))
      }
      let distance = trainSteps / count
      ascending = (0..<count).map { $0 * distance + config.stepsOffset }
    case .linspace:
      let distance = count > 1 ? Double(trainSteps - 1) / Double(count - 1) : 0
      ascending = (0..<count).map {
        // The end is set, not computed.
        count > 1 && $0 == count - 1 ? trainSteps - 1 : rounded(Double($0) * distance)
      }
    case .trailing:
      // NumPy adds multiples of the difference of the first two values, not of the step asked for.
      let total = Double(trainSteps)
      let distance = (total - total / Double(count)) - total
      ascending = (0..<count).reversed().map { rounded(total + Double($0) * distance) - 1 }
    }
    guard let last = ascending.last, last < trainSteps else {
      throw SchedulerError(
        .badValue(
          field: "steps", found: "\(count) from steps_offset \(config.stepsOffset)",
          expected: "fewer, because the first timestep would lie beyond \(trainSteps - 1)"))
    }
    return ascending.reversed()
  }

  private static func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }
}
