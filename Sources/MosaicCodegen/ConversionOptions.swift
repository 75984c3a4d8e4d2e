public import MosaicAllocation
public import MosaicAnalysis
public import MosaicBundle
public import MosaicCore
public import MosaicSurgery

/// What a user asks of a conversion.
public struct ConversionOptions: Sendable {
  public var calibration = CalibrationOptions()
  /// Share of the dense run's multiply-accumulates that may remain.
  public var budget = 0.75
  /// Step ranges, each with a variant of its own.
  public var ranges = 4
  public var schedule = SparsitySchedule.Kind.solved
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
