public import MosaicCore

/// What every step of one sampling run does: which variant serves it, and which units it takes from
/// earlier steps instead of computing them.
public struct SamplingPlan: Sendable, Equatable {
  public struct Step: Sendable, Equatable {
    /// Index into `Manifest.variants`.
    public var variant: Int
    /// Whether the sampler uses the network's output. A step without that computes nothing.
    public var isNeeded: Bool
    /// By unit of the plan, as `ReusePlan.orders` has them; empty where the step is not needed.
    /// Says nothing of units that the step's variant has lost.
    public var orders: [Int?]
    /// By unit, whether its reused value is corrected by its branch's input; empty where none is.
    public var corrected: [Bool]

    public init(
      variant: Int, isNeeded: Bool = true, orders: [Int?], corrected: [Bool] = []
    ) {
      self.variant = variant
      self.isNeeded = isNeeded
      self.orders = orders
      self.corrected = corrected
    }

    public func isCorrected(_ unit: Int) -> Bool {
      corrected.indices.contains(unit) && corrected[unit]
    }
  }

  /// The maps of corrections.
  public struct Maps: Sendable, Equatable {
    /// Index of the tensor that holds them.
    public var tensor: Int
    public var rank: Int

    public init(tensor: Int, rank: Int) {
      self.tensor = tensor
      self.rank = rank
    }
  }

  /// A mean squared error of final samples against dense, per element.
  public struct Estimate: Sendable, Equatable {
    public var mean: Double
    /// An interval for the mean; both are the mean where none is known.
    public var lower: Double
    public var upper: Double
    /// That it is the mean of; 0 where that is not known.
    public var samples: Int

    public init(mean: Double, lower: Double? = nil, upper: Double? = nil, samples: Int = 0) {
      self.mean = mean
      self.lower = lower ?? mean
      self.upper = upper ?? mean
      self.samples = samples
    }
  }

  public var sampler: SamplerKind
  /// Share of DDPM's noise, as `Trajectory` takes it.
  public var eta: Double
  /// Weight of classifier-free guidance that the plan was solved with; nil is none.
  public var guidance: Double?
  /// Names of reusable units: of each at least one of the plan's variants has the instruction.
  public var units: [String]
  /// Noisiest first.
  public var steps: [Step]
  /// Share of the dense run's multiply-accumulates that was asked for; nil where none was.
  public var budget: Double?
  /// Multiply-accumulates of a run as a share of the dense run's, needed forwards only.
  public var macShare: Double
  public var predicted: Estimate?
  public var measured: Estimate?
  /// Index of the tensor that says what reused values are made of: see `forecastCount`; nil for
  /// Lagrange's weights.
  public var forecasts: Int?
  /// nil where no step corrects anything.
  public var maps: Maps?

  public init(
    sampler: SamplerKind, eta: Double = 0, guidance: Double? = nil, units: [String],
    steps: [Step], budget: Double? = nil, macShare: Double, predicted: Estimate? = nil,
    measured: Estimate? = nil, forecasts: Int? = nil, maps: Maps? = nil
  ) {
    self.sampler = sampler
    self.eta = eta
    self.guidance = guidance
    self.units = units
    self.steps = steps
    self.budget = budget
    self.macShare = macShare
    self.predicted = predicted
    self.measured = measured
    self.forecasts = forecasts
    self.maps = maps
  }

  /// The steps of a reuse plan, with the variants that serve them.
  ///
  /// - Parameters:
  ///   - variants: By step.
  ///   - isNeeded: By step, whether the sampler uses the network's output; what the others were to
  ///     reuse is left out.
  /// - Precondition: All three have as many steps.
  public static func steps(
    of reuse: ReusePlan, variants: [Int], isNeeded: [Bool]
  ) -> [Step] {
    precondition(variants.count == reuse.stepCount && isNeeded.count == reuse.stepCount)
    return variants.indices.map { step in
      Step(
        variant: variants[step], isNeeded: isNeeded[step],
        orders: isNeeded[step] ? reuse.orders[step] : [])
    }
  }

  /// What is reused; a step that is not needed computes nothing, which stands here as all anew.
  public var reuse: ReusePlan {
    ReusePlan(
      units: units,
      orders: steps.map { $0.isNeeded ? $0.orders : Array(repeating: nil, count: units.count) })
  }

  /// Steps whose network has work to do.
  public var forwardCount: Int { steps.count { $0.isNeeded } }
}
