internal import MosaicCore

/// Appends chunks to a bundle, each content once.
struct ChunkWriter: ~Copyable {
  private(set) var chunks: [Manifest.Chunk] = []
  private var file: AtomicFile
  private let encoder: ChunkEncoder
  private var indices: [[UInt8]: Int] = [:]

  /// Leaves room for the header.
  init(path: String, compression: Compression, replacing: Bool) throws(FileError) {
    var file = try AtomicFile(path: path, replacing: replacing)
    try file.appendZeros(BundleHeader.size)
    self.file = file
    encoder = ChunkEncoder(compression)
  }

  /// - Returns: The index of the chunk that holds `raw`.
  mutating func add(
    _ raw: UnsafeRawBufferPointer, sha256: [UInt8], elementSize: Int
  ) throws(FileError) -> Int {
    if let index = indices[sha256] { return index }
    let (codec, stored) = encoder.encode(raw, elementSize: elementSize)
    let alignment = BundleLimits.alignment(ofStored: stored.count)
    try file.appendZeros((alignment - file.count % alignment) % alignment)
    chunks.append(
      Manifest.Chunk(
        offset: file.count, storedSize: stored.count, rawSize: raw.count, codec: codec,
        checksum: xxh64(stored), sha256: sha256))
    try file.append(stored)
    indices[sha256] = chunks.count - 1
    return chunks.count - 1
  }

  /// Bytes so far: where the manifest goes.
  var fileSize: Int { file.count }

  /// Appends the manifest, writes the header and gives the file its name.
  consuming func finish(
    manifest: UnsafeRawBufferPointer, header: BundleHeader
  ) throws(FileError) {
    try file.append(manifest)
    let first = OwnedBytes(count: BundleHeader.size)
    defer { withExtendedLifetime(first) {} }
    first.memory.copyBytes(from: header.bytes)
    try file.write(UnsafeRawBufferPointer(first.memory), at: 0)
    try file.commit()
  }
}

extension AtomicFile {
  fileprivate mutating func appendZeros(_ count: Int) throws(FileError) {
    let zeros = OwnedBytes(count: count)
    defer { withExtendedLifetime(zeros) {} }
    try append(UnsafeRawBufferPointer(zeros.memory))
  }
}
