internal import MosaicCore

/// Files of a directory that together hold a network's weights, by their names.
///
/// The names are those diffusers writes:
///
///     diffusion_pytorch_model.fp16.safetensors                    a single file
///     diffusion_pytorch_model.safetensors.index.fp16.json         an index of
///     diffusion_pytorch_model.fp16-00001-of-00002.safetensors     shards
struct WeightSet {
  /// The safetensors file, the index, or a shard where the index is missing.
  var fileName: String
  /// Name without suffix and shard number; shards and their index share it.
  var stem: String
  var isShard = false

  private static let suffix = ".safetensors"

  init?(fileName: String) {
    self.fileName = fileName
    if let stem = fileName.dropping(suffix: Self.suffix) {
      let number = shardNumber(in: stem)
      isShard = number != nil
      self.stem = number.map { String(stem[..<$0.lowerBound] + stem[$0.upperBound...]) } ?? stem
    } else if let name = fileName.dropping(suffix: ".json"),
      let range = name.lastRange(of: Self.suffix + ".index")
    {
      // diffusers puts the variant behind `index`, and before the numbers of the shards.
      stem = String(name[..<range.lowerBound] + name[range.upperBound...])
    } else {
      return nil
    }
  }

  /// The variant in the name, as `fp16` of `diffusion_pytorch_model.fp16`.
  private var variant: String? {
    stem.firstIndex(of: ".").map { String(stem[stem.index(after: $0)...]) }
  }

  /// Returns the only set among `names`, or the one that `variant` names.
  static func choose(
    from names: [String], in directory: String, variant: String?
  ) throws(CheckpointError) -> WeightSet {
    let sets = sets(among: names, in: directory)
    guard !sets.isEmpty else {
      let pickle = names.first { name in pickleSuffixes.contains { name.hasSuffix($0) } }
      throw CheckpointError(
        path: directory, reason: pickle.map { .onlyPickles(example: $0) } ?? .noWeights)
    }
    let byName = sets.filter { $0.fileName == variant }
    let wanted =
      variant == nil ? sets : byName.isEmpty ? sets.filter { $0.variant == variant } : byName
    guard let first = wanted.first else {
      throw CheckpointError(
        path: directory,
        reason: .unknownWeights(asked: variant ?? "", known: sets.map(\.fileName)))
    }
    guard wanted.count == 1 else {
      throw CheckpointError(path: directory, reason: .severalWeights(wanted.map(\.fileName)))
    }
    guard !first.isShard else {
      throw CheckpointError(
        path: directory, reason: .shardsWithoutIndex(example: first.fileName))
    }
    return first
  }

  /// The sets in `names`: shards stand behind their index, and those without one count once.
  private static func sets(among names: [String], in directory: String) -> [WeightSet] {
    let all = names.compactMap { WeightSet(fileName: $0) }
    let indexes = all.filter { $0.fileName.hasSuffix(".json") }
    // An index that cannot be read says so when it is chosen.
    var covered = Set(
      indexes.flatMap { index in
        (try? ShardIndex(MappedFile(path: join(directory, index.fileName))))?.shardNames ?? []
      })
    var stems = Set(indexes.map(\.stem))
    for shard in all where shard.isShard {
      if !stems.insert(shard.stem).inserted { covered.insert(shard.fileName) }
    }
    return all.filter { !covered.contains($0.fileName) }
  }
}

extension String {
  fileprivate func dropping(suffix: String) -> String? {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil
  }

  fileprivate func lastRange(of text: String) -> Range<Index>? {
    indices.last { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
  }
}

/// Returns the place of `-00001-of-00002` in `stem`, or nil where it has no such part.
private func shardNumber(in stem: String) -> Range<String.Index>? {
  stem.firstRange(of: /-[0-9]{5}-of-[0-9]{5}/)
}
