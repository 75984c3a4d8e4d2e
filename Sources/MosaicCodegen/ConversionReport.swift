public import MosaicAllocation
public import MosaicAnalysis
public import MosaicBundle
internal import MosaicCore
public import MosaicLowering

/// What a conversion found and proved.
public struct ConversionReport: Sendable {
  public struct RangeLine: Sendable, Equatable {
    public var steps: Range<Int>
    public var timesteps: ClosedRange<Double>
    /// Share of the groups' multiply-accumulates that goes.
    public var sparsity: Double
    /// Of one forward, as a share of the dense one.
    public var macShare: Double
  }

  public var output: String
  /// As written into the bundle, but for tensors and chunks.
  public var manifest: Manifest
  public var ranges: [RangeLine]
  public var parity: Parity
  /// Relative error against the recording of the original framework; nil where none was given.
  public var originalError: Double?
  /// As it was solved, with what was predicted before anything was pruned.
  public var schedule: SparsitySchedule
  /// The relative standard error of the schedule's predicted error.
  public var closedFormInterval: Double
  public var proof: Proof
  /// How far the checkpoint is from the one whose statistics served; nil where they are its own.
  public var transfer: TransferReport?
  /// The times that a budget of milliseconds was met with.
  public var latency: LatencyModel?
  /// The fewest rows a column any Gram matrix had.
  public var rowsPerColumn: Double
  /// Tensors with numbers too large for the type that was asked for; they are stored in f32.
  public var tooLargeForType: [String] = []
  /// What other levers would leave at this budget, where the statistics know it.
  public var outlooks: [String] = []

  /// A line each.
  public var warnings: [String] {
    var lines = tooLargeForType.map {
      "tensor '\(printable($0))' has numbers too large for f16; stored in f32"
    }
    if let transfer {
      lines.append(
        "the statistics are another checkpoint's: samples of both from the same noise differ by "
          + "\(fixed(100 * transfer.share, 1)) % of what unrelated samples do")
    }
    return lines
  }

  /// What is no fault but could be better, a line each.
  public var notes: [String] {
    guard rowsPerColumn < 8 else { return outlooks }
    return outlooks + [
      "the Gram matrices have \(significant(rowsPerColumn)) rows a column at the least, fewer "
        + "than 8; more --samples make refits better"
    ]
  }

  /// Why the conversion does not keep its promise, or nil where it does.
  public var failure: String? {
    if !parity.holds {
      let error = max(parity.programError, parity.nodeError)
      return "the fast path differs from the graph by \(significant(error)) "
        + "(node '\(parity.worstNode)'), over \(significant(Parity.tolerance))"
    }
    if let originalError, !(originalError <= Parity.tolerance) {
      return "the dense network differs from the recorded one by \(significant(originalError)), "
        + "over \(significant(Parity.tolerance))"
    }
    let predicted = manifest.proof?.predictedMSE ?? 0
    let least = proof.measured.mean - 4 * proof.measured.standardError
    // The claim is tested each time; three is twice the factor it is made with.
    if !(least <= 3 * predicted) {
      return "the measured error \(significant(proof.measured.mean)) is far above the predicted "
        + significant(predicted)
    }
    return nil
  }
}
