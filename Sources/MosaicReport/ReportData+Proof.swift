extension ReportData {
  /// What fresh samples said, mosaic against dense from the same noise. Errors are mean squares per
  /// element of the final sample.
  public struct Proof: Sendable, Equatable {
    public var samples: Int
    public var predicted: Double?
    public var measured: Double
    public var standardError: Double?
    public var median: Double?
    /// Uniform pruning at the same multiply-accumulates.
    public var uniform: Double?
    public var uniformStandardError: Double?
    /// Of a whole run of one sample, needed forwards only.
    public var denseMACs: Double?
    public var mosaicMACs: Double?
    /// Of the proof's sampling on the machine that made it.
    public var denseSeconds: Double?
    public var mosaicSeconds: Double?
    /// Relative error of the fast path against the graph run operation by operation.
    public var parity: Double?
    /// Relative error against a recording of the original framework.
    public var originalError: Double?
    /// Why the conversion does not keep its promise; nil where it does.
    public var failure: String?

    public init(samples: Int, measured: Double) {
      self.samples = samples
      self.measured = measured
    }
  }
}
