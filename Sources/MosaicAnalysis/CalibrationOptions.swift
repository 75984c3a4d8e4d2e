/// How a network is calibrated.
public struct CalibrationOptions: Sendable, Equatable {
  /// What decides how a step's error arrives at the final sample.
  public enum Influence: String, Sendable, CaseIterable {
    /// Errors put in at each step and carried to the end by the dense network.
    case measured
    /// The closed form for Gaussian data, with the correlation of the errors where they arise.
    case scalar
  }

  /// Sampling steps.
  public var steps = 20
  /// Neighbouring steps share statistics in this many buckets.
  public var buckets = 10
  /// Samples whose activations the refit sees.
  public var statisticsSamples = 256
  /// Other samples, on which errors are measured.
  public var sensitivitySamples = 64
  /// Others again, from which the error of the chosen variants is predicted: errors at the final
  /// sample are heavy-tailed, so their mean needs more samples than the choice does.
  public var predictionSamples = 128
  /// Sparsities at which errors are measured.
  public var levels = (1...7).map { Double($0) / 8 }
  /// The levels, by index, at which influence is measured.
  public var probes = [1, 4]
  public var influence = Influence.measured
  /// Weight of classifier-free guidance, or nil.
  public var guidance: Float?
  /// Share of DDPM's noise; nil takes the scheduler's.
  public var eta: Double?
  public var seed: UInt64 = 0
  public var threads = 1
  /// Bytes that statistics may take.
  public var memoryLimit = Int.max

  public init() {}
}

/// Where samples of each purpose begin in the random streams: no two purposes share one.
public enum SampleStart {
  /// What a user draws by `run`.
  public static let run = 0
  public static let statistics = 1 << 32
  public static let sensitivity = 2 << 32
  public static let proof = 3 << 32
  /// Samples that choose never judge: the prediction has its own.
  public static let prediction = 4 << 32
  /// On which a plan's moves are measured.
  public static let plan = 5 << 32
  /// Whose values tell what a plan's reused ones are made of.
  public static let forecasts = 6 << 32
}

/// A stage's progress: `done` of `total` parts. What a progress handler throws ends the stage.
public struct Progress: Sendable, Equatable {
  public var stage: String
  public var done: Int
  public var total: Int

  public init(stage: String, done: Int, total: Int) {
    self.stage = stage
    self.done = done
    self.total = total
  }
}

public typealias ProgressHandler = (Progress) throws -> Void
