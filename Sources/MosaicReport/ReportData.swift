/// What a report shows, as plain data. Every part may be missing: what is empty or nil is left out.
///
/// Texts may come from a stranger's file: they are made harmless when they are written. Numbers may
/// be anything: what cannot be drawn is in the tables only.
public struct ReportData: Sendable, Equatable {
  public var heading: Heading
  /// In the order of sampling, noisiest first.
  public var steps: [Step] = []
  /// The sparsities (0 to 1) at which each step's `sensitivity` was measured, rising.
  public var sparsityLevels: [Double] = []
  public var ranges: [StepRange] = []
  public var groups: [Group] = []
  /// Beside each other, in this order: dense, mosaic, difference.
  public var grids: [SampleGrid] = []
  public var pareto: [ParetoSeries] = []
  /// What the scores of `pareto` are, as "Fréchet distance"; nil where nothing was scored.
  public var scoreName: String?
  public var proof: Proof?
  /// A sentence each.
  public var warnings: [String] = []

  public init(heading: Heading) { self.heading = heading }

  /// What was made, from what and how.
  public struct Heading: Sendable, Equatable {
    public var model: String
    public var sampler: String
    /// Sampling steps.
    public var steps: Int
    /// As asked for: "0.75 of the dense MACs".
    public var budget: String
    /// The kind of schedule: "solved", "uniform", "paper".
    public var schedule: String
    public var criterion: String
    /// The tool and its version: "mosaic 0.1.0".
    public var version: String

    /// A text that is empty is not shown, nor are steps below 1.
    public init(
      model: String, sampler: String = "", steps: Int = 0, budget: String = "",
      schedule: String = "", criterion: String = "", version: String = ""
    ) {
      self.model = model
      self.sampler = sampler
      self.steps = steps
      self.budget = budget
      self.schedule = schedule
      self.criterion = criterion
      self.version = version
    }
  }

  /// One step of the trajectory.
  public struct Step: Sendable, Equatable {
    public var timestep: Double
    public var logSNR: Double
    /// The paper's score, 0 to 1.
    public var learningSpeed: Double?
    /// Mean squared error of the network's output at each of `sparsityLevels`.
    public var sensitivity: [Estimate] = []
    /// What a unit error of this step's output comes to at the final sample, in amplitude.
    public var influence: Estimate?
    /// What the schedule asks of this step, 0 to 1, before whole units are taken.
    public var sparsity: Double?
    /// This step's share of the predicted mean squared error of the final sample; the steps' shares
    /// sum to it.
    public var predictedError: Double?
    /// Mean squared error of the state after this step, mosaic against dense.
    public var measuredError: Double?
    /// Whether the sampler uses the output; where not, the forward costs nothing.
    public var needsForward = true

    public init(timestep: Double, logSNR: Double) {
      self.timestep = timestep
      self.logSNR = logSNR
    }
  }

  /// A run of steps served by one variant.
  public struct StepRange: Sendable, Equatable {
    public var name: String
    /// Indices into `ReportData.steps`.
    public var steps: Range<Int>
    /// Share of the groups' multiply-accumulates that goes.
    public var sparsity: Double
    /// Of one forward, as a share of the dense one.
    public var macShare: Double

    public init(name: String, steps: Range<Int>, sparsity: Double, macShare: Double) {
      self.name = name
      self.steps = steps
      self.sparsity = sparsity
      self.macShare = macShare
    }
  }

  /// A pruning group.
  public struct Group: Sendable, Equatable {
    public var name: String
    /// "heads", "neurons", "channels", "sub-layer".
    public var kind: String
    /// Multiply-accumulates of one dense forward.
    public var denseMACs: Double
    /// Multiply-accumulates of one forward in each range.
    public var keptMACs: [Double]

    public init(name: String, kind: String, denseMACs: Double, keptMACs: [Double]) {
      self.name = name
      self.kind = kind
      self.denseMACs = denseMACs
      self.keptMACs = keptMACs
    }
  }

  /// A picture of samples.
  public struct SampleGrid: Sendable, Equatable {
    public var caption: String
    /// A PNG file; anything else is left out.
    public var png: [UInt8]

    public init(caption: String, png: [UInt8]) {
      self.caption = caption
      self.png = png
    }
  }
}
