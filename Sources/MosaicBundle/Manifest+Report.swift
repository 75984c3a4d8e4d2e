extension Manifest {
  /// How the sparsities were chosen, step by step.
  public struct Schedule: Sendable, Equatable {
    public struct Step: Sendable, Equatable {
      public var timestep: Double
      public var logSNR: Double
      /// Index into `Manifest.variants`.
      public var variant: Int
      public var sparsity: Double
      /// Amplitude with which an error of the output at this step reaches the final sample.
      public var influence: Double
      /// The step's own mean squared output error, as predicted.
      public var predictedError: Double

      public init(
        timestep: Double, logSNR: Double, variant: Int, sparsity: Double, influence: Double,
        predictedError: Double
      ) {
        self.timestep = timestep
        self.logSNR = logSNR
        self.variant = variant
        self.sparsity = sparsity
        self.influence = influence
        self.predictedError = predictedError
      }
    }

    /// "solved", "uniform" or "paper".
    public var kind: String
    public var criterion: String
    /// Share of the dense run's MACs.
    public var budget: Double
    /// "measured" or "scalar".
    public var influence: String
    public var sampler: String
    public var steps: Int
    public var guidance: Double
    public var perStep: [Step]

    public init(
      kind: String = "", criterion: String = "", budget: Double = 1, influence: String = "",
      sampler: String = "", steps: Int = 0, guidance: Double = 1, perStep: [Step] = []
    ) {
      self.kind = kind
      self.criterion = criterion
      self.budget = budget
      self.influence = influence
      self.sampler = sampler
      self.steps = steps
      self.guidance = guidance
      self.perStep = perStep
    }
  }

  /// How the error of one step's output grows with sparsity.
  public struct SensitivityCurve: Sendable, Equatable {
    public var step: Int
    public var sparsities: [Double]
    /// Mean squared, one for each sparsity.
    public var errors: [Double]

    public init(step: Int, sparsities: [Double], errors: [Double]) {
      self.step = step
      self.sparsities = sparsities
      self.errors = errors
    }
  }

  /// What the conversion measured of its own result.
  public struct Proof: Sendable, Equatable {
    /// Of the lowered dense program against the graph run op by op, relative.
    public var parityMaxRelative: Double
    /// Of single output elements against plain float64 loops, relative.
    public var parityOpSamplesMax: Double
    /// Whether a recording of the original framework was given.
    public var comparedWithOriginal: Bool
    public var samples: Int
    /// Mean squared errors of the final sample against the dense model's.
    public var predictedMSE: Double
    public var measuredMSE: Double
    public var standardError: Double
    public var median: Double
    public var uniformMeasuredMSE: Double
    /// Of one sample's whole sampling run.
    public var denseMACs: Int
    public var mosaicMACs: Int
    public var uniformMACs: Int

    public init(
      parityMaxRelative: Double, parityOpSamplesMax: Double, comparedWithOriginal: Bool,
      samples: Int, predictedMSE: Double, measuredMSE: Double, standardError: Double,
      median: Double, uniformMeasuredMSE: Double, denseMACs: Int, mosaicMACs: Int,
      uniformMACs: Int
    ) {
      self.parityMaxRelative = parityMaxRelative
      self.parityOpSamplesMax = parityOpSamplesMax
      self.comparedWithOriginal = comparedWithOriginal
      self.samples = samples
      self.predictedMSE = predictedMSE
      self.measuredMSE = measuredMSE
      self.standardError = standardError
      self.median = median
      self.uniformMeasuredMSE = uniformMeasuredMSE
      self.denseMACs = denseMACs
      self.mosaicMACs = mosaicMACs
      self.uniformMACs = uniformMACs
    }
  }
}
