extension Manifest {
  /// The network specialised to one range of noise levels.
  public struct Variant: Sendable, Equatable {
    public var name: String
    /// The variant serves log-SNR in `logSNRLower ..< logSNRUpper`. The first range starts at -∞,
    /// the last ends at +∞, and each starts where the one before ends.
    public var logSNRLower: Double
    public var logSNRUpper: Double
    public var program: Program
    /// One for each of `program.weights`.
    public var weights: [WeightSource]
    public var kept: [KeptUnits]
    /// Of one forward.
    public var macsPerSample: Int
    public var sparsity: Double
    /// What this reader does not know of the program, which is then empty and must not be run:
    /// "operation 'x'". Ask `BundleReader.variant(at:)` before running.
    public internal(set) var unsupported: String?

    public init(
      name: String, logSNRLower: Double = -.infinity, logSNRUpper: Double = .infinity,
      program: Program, weights: [WeightSource], kept: [KeptUnits] = [], macsPerSample: Int,
      sparsity: Double
    ) {
      self.name = name
      self.logSNRLower = logSNRLower
      self.logSNRUpper = logSNRUpper
      self.program = program
      self.weights = weights
      self.kept = kept
      self.macsPerSample = macsPerSample
      self.sparsity = sparsity
    }
  }

  /// Which rows (axis 0) or columns (axis 1) of a stored tensor make up a weight.
  public struct WeightSource: Sendable, Hashable {
    /// Index into `Manifest.tensors`.
    public var tensor: Int
    public var axis: Int
    /// In this order, one after the other; empty: the whole tensor.
    public var runs: [Run]

    public init(tensor: Int, axis: Int = 0, runs: [Run] = []) {
      self.tensor = tensor
      self.axis = axis
      self.runs = runs
    }
  }

  /// The units of a group that a variant keeps. Groups that are not listed are kept whole.
  public struct KeptUnits: Sendable, Equatable {
    /// Index into `Manifest.groups`.
    public var group: Int
    /// Ascending and disjoint.
    public var runs: [Run]

    public init(group: Int, runs: [Run]) {
      self.group = group
      self.runs = runs
    }
  }

  /// Consecutive indices.
  public struct Run: Sendable, Hashable {
    public var start: Int
    public var count: Int

    public init(start: Int, count: Int) {
      self.start = start
      self.count = count
    }
  }
}
