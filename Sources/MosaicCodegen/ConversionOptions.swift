public import MosaicAllocation
public import MosaicAnalysis
public import MosaicBundle
public import MosaicCore
public import MosaicSurgery

/// What a user asks of a conversion.
public struct ConversionOptions: Sendable {
  public var calibration = CalibrationOptions()
  /// How many samples to draw, where that is to be found out.
  public var growth: SampleGrowth?
  /// What was measured before, in place of measuring; its options are `calibration`'s.
  public var statistics: (path: String, file: StatisticsFile)?
  /// Whether the statistics may be those of a checkpoint that this one was tuned from.
  public var isTransfer = false
  public var allocation = AllocationOptions()
  /// What may save work; with more than pruning a plan is solved.
  public var levers = Levers.plain
  /// How much is measured for a plan.
  public var probe = PlanSearch.Effort.quick
  public var criterion = Criterion.obs
  /// Fresh samples of the proof.
  public var proofSamples = 128
  /// A file of tensors recorded in the original framework, to compare the dense network with.
  public var reference: String?
  /// f32, f16 or bf16 for every tensor; nil keeps each in its own.
  public var dataType: DataType?
  public var compression = Compression.zstd(level: 1)
  /// Arguments in normal form, kept in the bundle: no paths, nothing that changes from run to run.
  public var arguments: [String] = []
  public var replacesOutput = true

  public init() {}
}
