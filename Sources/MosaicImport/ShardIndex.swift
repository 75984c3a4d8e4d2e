internal import MosaicCore

/// What `*.safetensors.index.json` says: which shard holds which tensor.
///
/// Indexes in the wild are stale, so both directions are checked against the shards.
struct ShardIndex {
  let path: String
  /// Plain names, sorted by their bytes.
  let shardNames: [String]
  /// Name of the shard for each tensor, in the index's order.
  private let shardOfTensor: [(tensor: String, shard: String)]
  private let totalSize: Int?

  var directory: String { MosaicImport.directory(of: path) }

  init(_ file: MappedFile) throws(CheckpointError) {
    path = file.path
    let problem = { (text: String) in CheckpointError(path: file.path, reason: .index(text)) }
    let json: JSONValue
    do {
      json = try file.withBytes { bytes throws(JSONError) in try JSONValue(parsing: bytes) }
    } catch {
      throw problem(error.description)
    }
    guard let map = json["weight_map"]?.object, map.count > 0 else {
      throw problem("it has no weight_map from tensors to files")
    }
    var shardOfTensor: [(tensor: String, shard: String)] = []
    for (tensor, value) in map {
      guard let shard = value.string else {
        throw problem("tensor '\(printable(tensor))' has \(value.kind) for a file name")
      }
      guard isPlainName(shard) else {
        throw CheckpointError(path: file.path, reason: .shardName(shard))
      }
      shardOfTensor.append((tensor, shard))
    }
    self.shardOfTensor = shardOfTensor
    shardNames = Set(shardOfTensor.map(\.shard))
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    totalSize = json["metadata"]?["total_size"]?.int
  }

  func open(_ shard: String) throws -> MappedFile {
    do throws(FileError) {
      return try MappedFile(path: join(directory, shard))
    } catch {
      let isMissing = error.reason == .missing
      throw isMissing ? CheckpointError(path: path, reason: .missingShard(shard)) : error
    }
  }

  /// Returns for each tensor the index of its reader.
  ///
  /// - Parameter readers: Those of `shardNames`, in that order.
  func places(in readers: [SafetensorsReader]) throws -> [String: Int] {
    func failure(_ reason: CheckpointError.Reason) -> CheckpointError {
      CheckpointError(path: path, reason: reason)
    }
    try refuseStrayShards()
    var places: [String: Int] = [:]
    for (place, reader) in readers.enumerated() {
      for tensor in reader.names {
        if let other = places.updateValue(place, forKey: tensor) {
          throw failure(
            .inTwoShards(tensor: tensor, first: shardNames[other], second: shardNames[place]))
        }
      }
    }

    let missing = shardOfTensor.filter { places[$0.tensor] == nil }
    if let first = missing.first {
      throw failure(
        .inNoShard(tensor: first.tensor, shard: first.shard, count: missing.count))
    }
    for (tensor, shard) in shardOfTensor {
      guard let place = places[tensor], shardNames[place] != shard else { continue }
      throw failure(.inOtherShard(tensor: tensor, indexed: shard, actual: shardNames[place]))
    }
    let indexed = Set(shardOfTensor.map(\.tensor))
    let unknown = readers.flatMap(\.names).filter { !indexed.contains($0) }
    if let first = unknown.first, let place = places[first] {
      throw failure(
        .notIndexed(tensor: first, shard: shardNames[place], count: unknown.count))
    }
    return places
  }

  /// Shards beside the index, of its own name, that it does not know.
  private func refuseStrayShards() throws {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let stem = WeightSet(fileName: name)?.stem else { return }
    for name in try listDirectory(directory) ?? [] where !shardNames.contains(name) {
      if let other = WeightSet(fileName: name), other.isShard, other.stem == stem {
        throw CheckpointError(path: path, reason: .strayShard(name))
      }
    }
  }

  /// Tools that resave a checkpoint often forget the index's total, which nothing depends on.
  func sizeWarning(for readers: [SafetensorsReader]) -> [String] {
    let actual = readers.reduce(0) { sum, reader in
      sum + reader.names.reduce(0) { $0 + (reader.entry($1)?.byteRange.count ?? 0) }
    }
    guard let totalSize, totalSize != actual else { return [] }
    return ["\(printable(path)): total_size is \(totalSize), but the tensors have \(actual) bytes"]
  }
}

/// Whether `name` names a file of its own directory and no other.
private func isPlainName(_ name: String) -> Bool {
  !name.isEmpty && name != "." && name != ".."
    && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 < 0x20 }
}
