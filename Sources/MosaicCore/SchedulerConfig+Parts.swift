extension SchedulerConfig {
  /// The noise levels of Euler and DPM-Solver++, as sigma = sqrt((1 - a) / a).
  public struct Sigmas: Sendable, Equatable {
    /// Where the last step leads.
    public enum Final: String, Sendable, CaseIterable {
      case zero
      /// The least level of training.
      case least = "sigma_min"
    }

    public var isKarras: Bool
    public var final: Final

    public init(isKarras: Bool = false, final: Final = .zero) {
      self.isKarras = isKarras
      self.final = final
    }
  }

  /// DPM-Solver++'s own choices.
  public struct Solver: Sendable, Equatable {
    /// How a second-order step reads the slope.
    public enum Kind: String, Sendable, CaseIterable {
      case midpoint
      case heun
    }

    /// 1 or 2.
    public var order: Int
    public var kind: Kind
    /// The last of fewer than 15 steps is of first order.
    public var isLowerOrderFinal: Bool
    /// The last step is of first order, however many there are.
    public var isEulerAtFinal: Bool
    /// Steps start where ln(alpha / sigma), half the log-SNR, reaches this; -inf for all.
    public var leastLambda: Double

    public init(
      order: Int = 2, kind: Kind = .midpoint, isLowerOrderFinal: Bool = true,
      isEulerAtFinal: Bool = false, leastLambda: Double = -.infinity
    ) {
      self.order = order
      self.kind = kind
      self.isLowerOrderFinal = isLowerOrderFinal
      self.isEulerAtFinal = isEulerAtFinal
      self.leastLambda = leastLambda
    }
  }

  /// A straight path `x = (1 - t) x0 + t noise`, and how a sampler spreads its steps over t.
  public struct Flow: Sendable, Equatable {
    /// The shift grows with the image: it is exp(mu), and mu is linear in the number of tokens.
    public struct DynamicShift: Sendable, Equatable {
      public var baseShift: Double
      public var maxShift: Double
      public var baseTokens: Int
      public var maxTokens: Int
      /// Tokens of the images to be sampled, which no config knows; nil until somebody says.
      public var imageTokens: Int?

      public init(
        baseShift: Double = 0.5, maxShift: Double = 1.15, baseTokens: Int = 256,
        maxTokens: Int = 4096, imageTokens: Int? = nil
      ) {
        self.baseShift = baseShift
        self.maxShift = maxShift
        self.baseTokens = baseTokens
        self.maxTokens = maxTokens
        self.imageTokens = imageTokens
      }
    }

    /// t ← shift t / (1 + (shift - 1) t); not used where the shift is dynamic.
    public var shift: Double
    public var dynamicShift: DynamicShift?
    /// The last step's t, by stretching; nil leaves it as it falls.
    public var terminal: Double?
    /// Before shifting, the last step's t is 1 / steps, as FLUX's pipeline has it, and not the least
    /// of training, which is the scheduler's own choice.
    public var endsEvenly: Bool

    public init(
      shift: Double = 1, dynamicShift: DynamicShift? = nil, terminal: Double? = nil,
      endsEvenly: Bool = false
    ) {
      self.shift = shift
      self.dynamicShift = dynamicShift
      self.terminal = terminal
      self.endsEvenly = endsEvenly
    }
  }
}

extension SchedulerConfig.Flow {
  /// - Throws: `SchedulerError` naming the field that gives no times.
  public func check() throws(SchedulerError) {
    try check("shift", shift, "a number above 0", isGood: shift > 0 && shift.isFinite)
    if let terminal {
      try check(
        "shift_terminal", terminal, "a time between 0 and 1", isGood: terminal > 0 && terminal < 1)
    }
    guard let dynamicShift else { return }
    let (least, most) = (dynamicShift.baseTokens, dynamicShift.maxTokens)
    guard least > 0, most > least else {
      throw SchedulerError(
        .badValue(
          field: "base_image_seq_len", found: "\(least)",
          expected: "a count below max_image_seq_len \(most)"))
    }
    for (field, value) in [
      ("base_shift", dynamicShift.baseShift), ("max_shift", dynamicShift.maxShift),
    ] {
      try check(field, value, "a number", isGood: value.isFinite)
    }
  }

  private func check(
    _ field: String, _ value: Double, _ expected: String, isGood: Bool
  ) throws(SchedulerError) {
    guard isGood else {
      throw SchedulerError(.badValue(field: field, found: "\(value)", expected: expected))
    }
  }
}
