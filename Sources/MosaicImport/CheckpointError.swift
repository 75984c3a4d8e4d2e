public import MosaicCore

/// The weight files of a checkpoint cannot be taken as one set.
public struct CheckpointError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case noWeights
    case pickle
    case onlyPickles(example: String)
    case severalWeights([String])
    case unknownWeights(asked: String, known: [String])
    case shardsWithoutIndex(example: String)
    case index(String)
    case shardName(String)
    case missingShard(String)
    case strayShard(String)
    case inNoShard(tensor: String, shard: String, count: Int)
    case inOtherShard(tensor: String, indexed: String, actual: String)
    case inTwoShards(tensor: String, first: String, second: String)
    case notIndexed(tensor: String, shard: String, count: Int)
  }

  /// The directory, weight file or index.
  public var path: String
  public var reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(printable(path)): \(what)" }

  public var exitStatus: ExitStatus {
    switch reason {
    case .noWeights, .missingShard, .shardsWithoutIndex: .missingInput
    case .pickle, .onlyPickles: .unsupported
    case .severalWeights, .unknownWeights: .usage
    default: .badData
    }
  }

  private var what: String {
    switch reason {
    case .noWeights: "holds no .safetensors file; give the directory or file with the weights"
    case .pickle: "is no safetensors file, and \(conversion(of: path))"
    case .onlyPickles(let example):
      "holds weights as Python pickles only, and \(conversion(of: example))"
    case .severalWeights(let known):
      "holds several sets of weights; choose one with --weights: \(list(known))"
    case .unknownWeights(let asked, let known):
      "holds no weights '\(printable(asked))'; give --weights one of: \(list(known))"
    case .shardsWithoutIndex(let example):
      "holds shards such as '\(printable(example))' but not their .safetensors.index.json;"
        + " copy it too"
    case .index(let problem): "is no index of shards: \(problem); copy or write it again"
    case .shardName(let name):
      "names the shard '\(printable(name))', which is not a plain file name; write the index again"
    case .missingShard(let name):
      "names the shard '\(printable(name))', which is not beside it; copy it too"
    case .strayShard(let name):
      "does not name the shard '\(printable(name))' beside it; remove the shard, or copy the index"
        + " that belongs to it"
    case .inNoShard(let tensor, let shard, let count):
      "\(tensors(count)) in no shard, first '\(printable(tensor))', which should be in"
        + " '\(printable(shard))'; copy index and shards again"
    case .inOtherShard(let tensor, let indexed, let actual):
      "tensor '\(printable(tensor))' should be in '\(printable(indexed))' but is in"
        + " '\(printable(actual))'; copy index and shards again"
    case .inTwoShards(let tensor, let first, let second):
      "tensor '\(printable(tensor))' is in '\(printable(first))' and in '\(printable(second))';"
        + " copy index and shards again"
    case .notIndexed(let tensor, let shard, let count):
      "\(tensors(count)) in the shards but not in the index, first '\(printable(tensor))' in"
        + " '\(printable(shard))'; copy index and shards again"
    }
  }

  private func tensors(_ count: Int) -> String {
    count == 1 ? "1 tensor is" : "\(count) tensors are"
  }

  private func list(_ names: [String]) -> String {
    names.map { printable($0) }.joined(separator: ", ")
  }

  private func conversion(of name: String) -> String {
    "loading a pickle could run code; convert '\(printable(name))' in Python with"
      + " safetensors.torch.save_file(torch.load(old, weights_only=True), new)"
  }
}
