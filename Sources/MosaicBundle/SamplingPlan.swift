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

    public init(variant: Int, isNeeded: Bool = true, orders: [Int?]) {
      self.variant = variant
      self.isNeeded = isNeeded
      self.orders = orders
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

  public init(
    sampler: SamplerKind, eta: Double = 0, guidance: Double? = nil, units: [String],
    steps: [Step], budget: Double? = nil, macShare: Double, predicted: Estimate? = nil,
    measured: Estimate? = nil, forecasts: Int? = nil
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

  // MARK: Forecasts

  /// Elements of the tensor of forecasts: for each needed step and each unit that it reuses, in
  /// order, the weights of the values used, the latest first, then a constant for each channel.
  ///
  /// - Parameter channels: By unit of the plan.
  /// - Returns: nil where no memory holds so many.
  public func forecastCount(channels: [Int]) -> Int? {
    var count = 0
    for step in steps where step.isNeeded {
      for (order, channels) in zip(step.orders, channels) {
        guard let order else { continue }
        let (more, overflow) = channels.addingReportingOverflow(order + 1)
        let (sum, overflowsSum) = count.addingReportingOverflow(more)
        guard !overflow, !overflowsSum else { return nil }
        count = sum
      }
    }
    return count
  }

  /// The tensor of forecasts.
  ///
  /// - Parameter forecasts: [step][unit]; those of reused units in needed steps are there.
  public func packed(_ forecasts: [[ValueForecast?]]) -> [Float] {
    zip(steps, forecasts).filter { $0.0.isNeeded }.flatMap { step, row in
      zip(step.orders, row).flatMap { order, forecast in
        order == nil ? [] : (forecast?.weights ?? []) + (forecast?.offset ?? [])
      }
    }
  }

  /// [step][unit]: what reused values are made of; nil of those computed.
  ///
  /// - Parameters:
  ///   - values: As many as `forecastCount` says.
  ///   - channels: By unit of the plan.
  public func unpacked(_ values: [Float], channels: [Int]) -> [[ValueForecast?]] {
    var rest = values[...]
    func take(_ count: Int) -> [Float] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    return steps.map { step in
      guard step.isNeeded else { return units.map { _ in nil } }
      return zip(step.orders, channels).map { order, channels in
        order.map { ValueForecast(weights: take($0 + 1), offset: take(channels)) }
      }
    }
  }
}
