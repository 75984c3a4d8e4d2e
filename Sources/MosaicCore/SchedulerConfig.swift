/// What a checkpoint says of its noise schedule and sampler (`scheduler_config.json`), every field
/// either honoured or refused by name.
public struct SchedulerConfig: Sendable, Equatable {
  /// What the network's output means.
  public enum Prediction: String, Sendable, CaseIterable {
    case epsilon
    case sample
    case velocity = "v_prediction"
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

  /// diffusers' class name, for people and for the choice of the sampler.
  public var className: String
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
  /// Clip the predicted x0 to ±this value, or nil.
  public var clipSampleRange: Double?
  public var rescaleBetasZeroSNR: Bool
  /// DDIM's eta the class stands for: 0 for DDIM, 1 for DDPM.
  public var eta: Double

  public init(
    className: String = "DDIMScheduler", trainSteps: Int = 1000, betaStart: Double = 1e-4,
    betaEnd: Double = 0.02, betaSchedule: BetaSchedule = .linear, trainedBetas: [Double] = [],
    prediction: Prediction = .epsilon, spacing: Spacing = .leading, stepsOffset: Int = 0,
    setAlphaToOne: Bool = true, clipSampleRange: Double? = nil,
    rescaleBetasZeroSNR: Bool = false, eta: Double = 0
  ) {
    self.className = className
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
    self.eta = eta
  }
}
