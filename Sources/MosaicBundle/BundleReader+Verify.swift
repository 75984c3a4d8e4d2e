internal import MosaicCore

extension BundleReader {
  /// Reads the whole file: every chunk's checksum and content hash, the padding between them, and
  /// whether every variant's program is known.
  ///
  /// - Throws: `BundleError` at the first that does not match.
  public func verify(threads: Int = 1) throws(BundleError) {
    let pool = ChunkBufferPool()
    try forEachConcurrently(manifest.chunks.count, threads: threads) {
      index throws(BundleError) in try verify(chunk: index, pool)
    }
    for variant in manifest.variants { try checkIsKnown(variant) }
  }

  /// Reads one chunk and the padding before it.
  func verify(chunk index: Int, _ pool: ChunkBufferPool) throws(BundleError) {
    do {
      try pool.withBuffers { buffers throws(BundleError.Reason) in
        try check(manifest.chunks[index], index, buffers)
      }
    } catch {
      throw BundleError(path: path, reason: error)
    }
  }

  private func check(
    _ chunk: Manifest.Chunk, _ index: Int, _ buffers: ChunkBuffers
  ) throws(BundleError.Reason) {
    let previous = index > 0 ? manifest.chunks[index - 1] : nil
    try checkPadding(
      from: previous.map { $0.offset + $0.storedSize } ?? BundleHeader.size, to: chunk.offset,
      before: index)
    let raw = buffers.raw(chunk.rawSize)
    try decode(chunk: index, into: raw, buffers)
    guard SHA256.hash(UnsafeRawBufferPointer(raw)) == chunk.sha256 else {
      throw .inconsistent(
        section: "chunk \(index)", problem: "its content is not what its SHA-256 names")
    }
  }

  private func checkPadding(
    from start: Int, to end: Int, before index: Int
  ) throws(BundleError.Reason) {
    let bytes = OwnedBytes(count: end - start)
    defer { withExtendedLifetime(bytes) {} }
    try file.read(at: start, into: bytes.memory, section: "the padding")
    guard bytes.memory.allSatisfy({ $0 == 0 }) else {
      throw .inconsistent(
        section: "the padding before chunk \(index)", problem: "is not zero")
    }
  }
}
