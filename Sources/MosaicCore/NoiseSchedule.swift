#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much of a sample is left at each training timestep.
public struct NoiseSchedule: Sendable, Equatable {
  /// a_t for t = 0 ..< T: a noised sample is `sqrt(a_t) x0 + sqrt(1 - a_t) noise`.
  ///
  /// Strictly between 0 and 1, but for the last, which is 0 where betas were rescaled to zero
  /// terminal signal. Rounded to float32 where PyTorch rounds: diffusers' values to 1e-6 relative.
  public let alphasCumulative: [Double]

  /// - Throws: `SchedulerError` naming the field that gives no schedule.
  public init(_ config: SchedulerConfig) throws(SchedulerError) {
    guard config.flow == nil else { throw SchedulerError(.noBetas(config.className)) }
    var betas = try NoiseSchedule.betas(of: config)
    if config.rescaleBetasZeroSNR { betas = NoiseSchedule.rescaledToZeroSNR(betas) }
    var alphas = NoiseSchedule.cumulativeProducts(of: betas)
    let last = alphas.count - 1
    // These samplers divide by the signal: diffusers leaves them the least of a half float.
    if config.rescaleBetasZeroSNR, config.sampler == .euler || config.sampler == .dpmpp2m {
      alphas[last] = 0x1p-24
    }
    guard
      alphas.indices.allSatisfy({
        alphas[$0] < 1 && (alphas[$0] > 0 || $0 == last && alphas[$0] == 0)
      })
    else {
      throw SchedulerError(
        .badValue(
          field: "betas", found: "too small or too large for float32",
          expected: "a signal that falls from below 1 and reaches 0 at the last step at most"))
    }
    alphasCumulative = alphas.map(Double.init)
  }

  /// ln(a / (1 - a)) of a cumulative alpha: -inf at 0.
  public static func logSNR(_ alpha: Double) -> Double { log(alpha) - log1p(-alpha) }
}

extension NoiseSchedule {
  /// Longest schedule read: the usual one is 1,000.
  static let maximalTrainSteps = 1_000_000

  static func checkTrainSteps(_ count: Int) throws(SchedulerError) {
    guard (1...maximalTrainSteps).contains(count) else {
      throw SchedulerError(
        .badValue(
          field: "num_train_timesteps", found: "\(count)", expected: "1 to \(maximalTrainSteps)"))
    }
  }

  private static func betas(of config: SchedulerConfig) throws(SchedulerError) -> [Float] {
    let count = config.trainSteps
    try checkTrainSteps(count)
    if !config.trainedBetas.isEmpty {
      guard config.trainedBetas.count == count else {
        throw SchedulerError(
          .badValue(
            field: "trained_betas", found: "a list of \(config.trainedBetas.count)",
            expected: "one for each of the \(count) num_train_timesteps"))
      }
      for beta in config.trainedBetas { try check(beta, field: "trained_betas") }
      return config.trainedBetas.map { Float($0) }
    }
    switch config.betaSchedule {
    case .linear:
      try check(config.betaStart, field: "beta_start")
      try check(config.betaEnd, field: "beta_end")
      return linspace(Float(config.betaStart), Float(config.betaEnd), count: count)
    case .scaledLinear:
      try check(config.betaStart, field: "beta_start")
      try check(config.betaEnd, field: "beta_end")
      let roots = linspace(
        Float(config.betaStart.squareRoot()), Float(config.betaEnd.squareRoot()), count: count)
      return roots.map { $0 * $0 }
    case .squaredCosine:
      return squaredCosine(count: count)
    }
  }

  private static func check(_ beta: Double, field: String) throws(SchedulerError) {
    guard beta > 0, beta < 1 else {
      throw SchedulerError(
        .badValue(field: field, found: "\(beta)", expected: "numbers above 0 and below 1"))
    }
  }

  /// Even spacing counted from the nearer end, in float32 as PyTorch has it.
  private static func linspace(_ start: Float, _ end: Float, count: Int) -> [Float] {
    guard count > 1 else { return [start] }
    let step = (end - start) / Float(count - 1)
    return (0..<count).map {
      $0 < count / 2 ? start + step * Float($0) : end - step * Float(count - 1 - $0)
    }
  }

  /// Source: Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models", 2021.
  private static func squaredCosine(count: Int) -> [Float] {
    func alpha(_ time: Double) -> Double {
      let root = cos((time + 0.008) / 1.008 * Double.pi / 2)
      return root * root
    }
    return (0..<count).map {
      let beta =
        1 - alpha(Double($0 + 1) / Double(count)) / alpha(Double($0) / Double(count))
      return Float(min(beta, 0.999))
    }
  }

  /// Shifts and scales sqrt(a) so that the last is 0 and the first stays.
  ///
  /// Source: Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed", 2023,
  /// algorithm 1.
  private static func rescaledToZeroSNR(_ betas: [Float]) -> [Float] {
    let roots = cumulativeProducts(of: betas).map { $0.squareRoot() }
    let (first, last) = (roots[0], roots[roots.count - 1])
    let scale = first / (first - last)
    var previous: Float = 1
    return roots.map {
      let root = ($0 - last) * scale
      let alpha = root * root
      defer { previous = alpha }
      return 1 - alpha / previous
    }
  }

  /// Products of 1 - beta, kept in double and rounded at each store.
  private static func cumulativeProducts(of betas: [Float]) -> [Float] {
    var product = 1.0
    return betas.map {
      product *= Double(1 - $0)
      return Float(product)
    }
  }
}
