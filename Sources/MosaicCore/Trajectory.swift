/// A sampler's steps, noisiest first. Without clipping every step is affine in the state x, the
/// network's output f and, with a multistep sampler, what the step before kept:
///
///     f = network(inputScale x, timestep)
///     x ← A x + B f + H h + C noise,   h ← P x + Q f
///
/// The files under Samplers build the steps; all else knows this form alone.
public struct Trajectory: Sendable, Equatable {
  public struct Step: Sendable, Equatable {
    /// What the network is told.
    public var timestep: Double
    /// ln(a / (1 - a)) at `alpha`; -inf where no signal is left.
    public var logSNR: Double
    /// The share a of signal in the state's power, signal² / (signal² + noise²): the cumulative
    /// alpha of a variance preserving process.
    public var alpha: Double
    /// That of the state the step leads to.
    public var nextAlpha: Double
    /// What of the state the network sees.
    public var inputScale: Double
    /// A.
    public var stateGain: Double
    /// B.
    public var outputGain: Double
    /// H, 0 where the step does not look back.
    public var historyGain: Double
    /// C, 0 where the step is deterministic.
    public var noiseGain: Double
    /// P and Q: the clean sample that state and output stand for, which the next step may read.
    public var keptOfState: Double
    public var keptOfOutput: Double
    /// False where no step that is used reads the network's output.
    public var needsForward: Bool

    public init(
      timestep: Double, alpha: Double, nextAlpha: Double, inputScale: Double = 1,
      stateGain: Double, outputGain: Double, historyGain: Double = 0, noiseGain: Double = 0,
      keptOfState: Double = 0, keptOfOutput: Double = 0, needsForward: Bool = true
    ) {
      self.timestep = timestep
      self.logSNR = NoiseSchedule.logSNR(alpha)
      self.alpha = alpha
      self.nextAlpha = nextAlpha
      self.inputScale = inputScale
      self.stateGain = stateGain
      self.outputGain = outputGain
      self.historyGain = historyGain
      self.noiseGain = noiseGain
      self.keptOfState = keptOfState
      self.keptOfOutput = keptOfOutput
      self.needsForward = needsForward
    }
  }

  public let steps: [Step]
  public let prediction: SchedulerConfig.Prediction
  /// What unit noise is multiplied by to start.
  public let initialScale: Double
  /// Whether some step reads what the one before kept.
  public let isMultistep: Bool
  /// How the predicted x0 is clipped on the way, or nil.
  public let clipping: Clipping?

  /// A predicted x0 held within bounds: the only thing that makes a step other than affine.
  public struct Clipping: Sendable, Equatable {
    /// x0 is clipped to ± this value.
    public var range: Double
    /// Whether the noise direction follows from the clipped x0, as in DDPM, or stays the network's
    /// own, as in DDIM. They differ only where clipping happens.
    public var rederivesNoise: Bool
  }

  /// - Parameters:
  ///   - steps: Network calls, 1 to the steps of training.
  ///   - eta: Share of DDPM's noise, 0 to 1; nil takes the config's. Other samplers than DDIM take
  ///     0 alone.
  /// - Throws: `SchedulerError` where the config has no noise schedule, or not these steps.
  public init(
    config: SchedulerConfig, steps count: Int, eta: Double? = nil
  ) throws(SchedulerError) {
    try Self.check(config, eta: eta ?? config.eta)
    switch config.sampler {
    case .ddim, .ddpm: self = try .ddim(config, count: count, eta: eta ?? config.eta)
    case .euler: self = try .euler(config, count: count)
    case .dpmpp2m: self = try .dpmSolver(config, count: count)
    case .flow: self = try .flowMatchEuler(config, count: count)
    }
  }

  private static func check(_ config: SchedulerConfig, eta: Double) throws(SchedulerError) {
    guard (0...1).contains(eta) else {
      throw SchedulerError(.badValue(field: "eta", found: "\(eta)", expected: "0 to 1"))
    }
    guard config.sampler.isStochastic || eta == 0 else {
      throw SchedulerError(
        .badValue(
          field: "eta", found: "\(eta)",
          expected: "0, because \(config.sampler.rawValue) adds no noise"))
    }
    // One process has one kind of prediction that reads it.
    guard (config.prediction == .flow) == (config.flow != nil) else {
      throw SchedulerError(
        .badValue(
          field: "prediction_type", found: config.prediction.rawValue,
          expected: config.flow == nil
            ? "epsilon, sample or v_prediction, because the noise schedule has betas"
            : "flow_prediction, because the process is a flow"))
    }
  }

  /// The trajectory of steps whose `needsForward` is still to be found.
  init(
    steps: [Step], config: SchedulerConfig, initialScale: Double = 1, clipping: Clipping? = nil
  ) {
    var steps = steps
    for index in steps.indices {
      let isKept =
        index + 1 < steps.count && steps[index + 1].historyGain != 0
        && steps[index].keptOfOutput != 0
      steps[index].needsForward = clipping != nil || steps[index].outputGain != 0 || isKept
    }
    self.steps = steps
    prediction = config.prediction
    self.initialScale = initialScale
    isMultistep = steps.contains { $0.historyGain != 0 }
    self.clipping = clipping
  }
}
