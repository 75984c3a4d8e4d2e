public import MosaicLowering

/// What a conversion found and proved. Times are for the reader only: they go into no file.
public struct ConversionReport: Sendable {
  public struct RangeLine: Sendable {
    public var steps: Range<Int>
    public var timesteps: ClosedRange<Int>
    public var sparsity: Double
    /// Of one needed forward, as a share of the dense one.
    public var macShare: Double
  }

  public var output: String
  public var schedule: String
  public var criterion: String
  public var budget: Double
  public var ranges: [RangeLine]
  public var parity: Parity
  /// By the closed form, when the schedule was solved.
  public var closedFormError: Double
  /// By the chosen networks' own errors on held-out samples.
  public var predictedError: Double
  public var measured: PairedError
  public var uniform: PairedError?
  public var denseMacs: Double
  public var mosaicMacs: Double
  public var uniformMacs: Double
  public var denseSeconds: Double
  public var mosaicSeconds: Double
  public var fileBytes: Int
  public var rowsPerColumn: Double
  public var warnings: [String]
}
