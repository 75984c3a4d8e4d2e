/// What a checkpoint says of its noise schedule and sampler (`scheduler_config.json`), every field
/// either honoured or refused by name.
public struct SchedulerConfig: Sendable, Equatable {
  /// What the network's output means.
  public enum Prediction: String, Sendable, CaseIterable {
    case epsilon
    case sample
    case velocity = "v_prediction"
    /// noise - x0: the direction of flow matching.
    case flow = "flow_prediction"

    /// Those of a variance preserving process.
    public static let variancePreserving: [Self] = [.epsilon, .sample, .velocity]
  }

  public enum BetaSchedule: String, Sendable, CaseIterable {
    case linear
    case scaledLinear = "scaled_linear"
    case squaredCosine = "squaredcos_cap_v2"
  }

  public enum Spacing: String, Sendable, CaseIterable {
    case leading
    case trailing
    case linspace
  }

  /// diffusers' class name, for people.
  public var className: String
  public var sampler: SamplerKind
  public var trainSteps: Int
  public var betaStart: Double
  public var betaEnd: Double
  public var betaSchedule: BetaSchedule
  /// Given betas take the place of the three fields above.
  public var trainedBetas: [Double]
  public var prediction: Prediction
  public var spacing: Spacing
  public var stepsOffset: Int
  public var setAlphaToOne: Bool
  /// Clip the predicted x0 to ±this value, or nil. DDIM and DDPM do.
  public var clipSampleRange: Double?
  public var rescaleBetasZeroSNR: Bool
  /// DDIM's eta: 0, and 1 for DDPM.
  public var eta: Double
  /// What Euler and DPM-Solver++ are told beside the above.
  public var sigmas = Sigmas()
  public var solver = Solver()
  /// The flow from data to noise, in place of the betas; nil for a variance preserving process.
  public var flow: Flow?

  public init(
    sampler: SamplerKind = .ddim, className: String? = nil, trainSteps: Int = 1000,
    betaStart: Double = 1e-4, betaEnd: Double = 0.02, betaSchedule: BetaSchedule = .linear,
    trainedBetas: [Double] = [], prediction: Prediction = .epsilon, spacing: Spacing = .leading,
    stepsOffset: Int = 0, setAlphaToOne: Bool = true, clipSampleRange: Double? = nil,
    rescaleBetasZeroSNR: Bool = false, eta: Double? = nil, flow: Flow? = nil
  ) {
    self.sampler = sampler
    self.className = className ?? sampler.className
    self.trainSteps = trainSteps
    self.betaStart = betaStart
    self.betaEnd = betaEnd
    self.betaSchedule = betaSchedule
    self.trainedBetas = trainedBetas
    self.prediction = prediction
    self.spacing = spacing
    self.stepsOffset = stepsOffset
    self.setAlphaToOne = setAlphaToOne
    self.clipSampleRange = clipSampleRange
    self.rescaleBetasZeroSNR = rescaleBetasZeroSNR
    self.eta = eta ?? (sampler == .ddpm ? 1 : 0)
    self.flow = flow
  }
}

extension SchedulerConfig {
  /// The same noise process walked with another sampler; what only the old one understands is left
  /// out of account.
  ///
  /// - Throws: `SchedulerError` where the sampler is one of another process.
  public func sampled(with sampler: SamplerKind) throws(SchedulerError) -> SchedulerConfig {
    guard sampler != self.sampler else { return self }
    guard flow == nil, sampler != .flow else {
      let known = flow == nil ? SamplerKind.ofBetas : [self.sampler]
      throw SchedulerError(.unsupportedSampler(sampler, className: className, supported: known))
    }
    var config = self
    config.sampler = sampler
    config.className = sampler.className
    config.eta = sampler == .ddpm ? 1 : 0
    return config
  }
}
