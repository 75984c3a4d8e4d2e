public import MosaicCore

/// Writes a bundle in one pass: tensors as they come, the manifest last.
///
/// Holds a few chunks a thread, whatever the size of the model. The file appears under its name
/// with `finish`, whole or not at all. The same tensors in the same order and the same manifest
/// give the same bytes with the same zstd.
public struct BundleWriter: ~Copyable {
  private let path: String
  private var chunks: ChunkWriter
  private var packer = TensorPacker()
  /// Of every pack: its place in the order of chunks added.
  private var packPlaces: [Int: Int] = [:]
  private var tensors: [StoredTensor] = []
  private var names: Set<[UInt8]> = []

  private struct StoredTensor {
    enum Place {
      /// Whose chunks are places in the order of chunks added.
      case pieces([Manifest.Tensor.Piece])
      case packed(TensorPacker.Place)
    }

    var name: String
    var dataType: DataType
    var shape: [Int]
    var place: Place
  }

  /// - Parameter threads: That encode chunks; the bytes are the same with any number.
  /// - Throws: `BundleError` where the file cannot be created.
  public init(
    path: String, compression: Compression = .standard, threads: Int = 1, replacing: Bool = true
  ) throws(BundleError) {
    self.path = path
    do {
      chunks = try ChunkWriter(
        path: path, compression: compression, threads: threads, replacing: replacing)
    } catch {
      throw BundleError(path: path, reason: .file(error))
    }
  }

  /// Stores a tensor; what was stored before under another name takes no more room.
  ///
  /// - Returns: Its index, as `Manifest.WeightSource.tensor` has it.
  /// - Throws: `BundleError` where the name is taken or the tensor outside the format's limits, or
  ///   the file cannot be written.
  public mutating func add(name: String, _ tensor: TensorView) throws(BundleError) -> Int {
    guard names.insert(Array(name.utf8)).inserted else {
      throw BundleError(
        path: path,
        reason: .inconsistent(
          section: "tensor '\(printable(name))'", problem: "is already in the bundle"))
    }
    do {
      let place =
        tensor.bytes.count < TensorPacker.smallBelow
        ? try pack(tensor) : .pieces(try store(tensor))
      tensors.append(
        StoredTensor(
          name: name, dataType: tensor.dataType, shape: tensor.shape, place: place))
    } catch {
      throw BundleError(path: path, reason: .file(error))
    }
    return tensors.count - 1
  }

  /// Writes the manifest, whose tensors and chunks it fills in, and makes the file durable.
  ///
  /// The manifest goes through the reader's own checks first: what is written can be read.
  ///
  /// - Throws: `BundleError` naming what the checks found, or where the file cannot be written.
  public consuming func finish(_ manifest: Manifest) throws(BundleError) {
    let path = path
    do {
      try close(manifest)
    } catch {
      throw BundleError(path: path, reason: error)
    }
  }

  private mutating func store(
    _ tensor: TensorView
  ) throws(FileError) -> [Manifest.Tensor.Piece] {
    defer { withExtendedLifetime(tensor.owner) {} }
    var pieces: [Manifest.Tensor.Piece] = []
    var start = 0
    while start < tensor.bytes.count {
      let end = min(start + BundleLimits.writtenChunkSize, tensor.bytes.count)
      let block = tensor.bytes.slice(start..<end)
      let place = try chunks.add(
        block, owner: tensor.owner, elementSize: tensor.dataType.byteWidth)
      pieces.append(.init(chunk: place, offset: 0, byteCount: block.count))
      start = end
    }
    return pieces
  }

  private mutating func pack(_ tensor: TensorView) throws(FileError) -> StoredTensor.Place {
    defer { withExtendedLifetime(tensor.owner) {} }
    guard tensor.bytes.count > 0 else { return .pieces([]) }
    let (place, full) = packer.add(
      tensor.bytes, sha256: SHA256.hash(tensor.bytes), elementSize: tensor.dataType.byteWidth)
    if let full { try write(full) }
    return .packed(place)
  }

  private mutating func write(_ pack: TensorPacker.Pack) throws(FileError) {
    let bytes = pack.bytes.withUnsafeBytes { OwnedBytes(copying: $0, count: $0.count) }
    packPlaces[pack.number] = try chunks.add(
      UnsafeRawBufferPointer(bytes.memory), owner: bytes, elementSize: pack.elementSize)
  }

  private consuming func close(_ manifest: Manifest) throws(BundleError.Reason) {
    do {
      for pack in packer.drain() { try write(pack) }
      try chunks.flush()
    } catch {
      throw .file(error)
    }
    var manifest = manifest
    let indices = chunks.indices
    manifest.tensors = tensors.map { tensor in
      var pieces: [Manifest.Tensor.Piece] =
        switch tensor.place {
        case .pieces(let pieces): pieces
        case .packed(let place):
          [
            .init(
              chunk: packPlaces[place.pack, default: 0], offset: place.offset,
              byteCount: place.byteCount)
          ]
        }
      for index in pieces.indices { pieces[index].chunk = indices[pieces[index].chunk] }
      return Manifest.Tensor(
        name: tensor.name, dataType: tensor.dataType, shape: tensor.shape, pieces: pieces)
    }
    manifest.chunks = chunks.chunks
    manifest.provenance.zstdVersion = Zstd.version

    let sealed = try SealedManifest(manifest, at: chunks.fileSize)
    defer { withExtendedLifetime(sealed) {} }
    do {
      try chunks.finish(
        manifest: UnsafeRawBufferPointer(sealed.stored.memory), header: sealed.header)
    } catch {
      throw .file(error)
    }
  }
}
