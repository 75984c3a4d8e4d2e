/// What a schedule costs, in every unit that was measured.
public struct AllocationCosts: Sendable, Equatable {
  /// Multiply-accumulates of each step.
  public let macs: CostModel
  /// Milliseconds of each step for one sample; nil where nothing was timed.
  public let milliseconds: CostModel?
  /// Nil where nobody asks for bytes.
  public let bytes: BundleSize?

  public init(macs: CostModel, milliseconds: CostModel? = nil, bytes: BundleSize? = nil) {
    self.macs = macs
    self.milliseconds = milliseconds
    self.bytes = bytes
  }
}
