public import MosaicCore
public import MosaicIR

/// A checkpoint as the compiler takes it: the network's graph, where its weights lie, and how it is
/// sampled.
public struct ImportedModel: Sendable {
  /// Where it was read.
  public var path: String
  public var graph: Graph
  public var weights: any ModelWeights
  public var description: ModelDescription
  /// Nil where the checkpoint carries no scheduler; sampling then needs one given.
  public var scheduler: SchedulerConfig?
  /// Values of the network's other inputs; nil where it has none, or none were given.
  public var conditioning: Conditioning?
  /// Things worth telling the user, one a line.
  public var warnings: [String]
}

/// The weights of an imported graph: a checkpoint's tensors and those the architecture computes.
public struct CheckpointWeights: ModelWeights {
  public let files: CheckpointFiles
  let computed: [String: TensorView]

  public func tensor(_ name: String) -> TensorView? {
    computed[name] ?? files.tensor(name)
  }

  public func path(of name: String) -> String? { files.path(of: name) }

  public var inputFiles: [String] { files.files }

  public func digest() -> [UInt8] { files.digest() }
}
