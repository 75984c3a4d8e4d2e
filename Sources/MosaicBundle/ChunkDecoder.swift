internal import MosaicCore

extension Manifest.Chunk {
  /// How many bytes to read. The size of a known codec has been checked with the manifest.
  func checkedStoredSize(_ index: Int) throws(BundleError.Reason) -> Int {
    if case .unknown(let number) = codec { throw unknownCodec(number, index) }
    return storedSize
  }

  /// Decodes the stored bytes after comparing their checksum.
  ///
  /// - Parameters:
  ///   - stored: `storedSize` bytes from the file.
  ///   - raw: Room for exactly `rawSize` bytes.
  func decode(
    _ stored: UnsafeRawBufferPointer, into raw: UnsafeMutableRawBufferPointer,
    buffers: ChunkBuffers, index: Int
  ) throws(BundleError.Reason) {
    precondition(stored.count == storedSize && raw.count == rawSize)
    guard xxh64(stored) == checksum else { throw .checksum(section: "chunk \(index)") }
    switch codec {
    case .raw:
      raw.copyMemory(from: stored)
    case .zstd:
      guard Zstd.decode(stored, into: raw) else { throw frameError(index) }
    case .planes(let elementSize, let sizes):
      let decoded = buffers.planes(rawSize)
      let planeSize = rawSize / elementSize
      var planes: [UnsafeRawBufferPointer] = []
      var start = 0
      for (plane, size) in sizes.enumerated() {
        var bytes = stored.slice(start..<start + size)
        if size < planeSize {
          let target = decoded.slice(plane * planeSize..<(plane + 1) * planeSize)
          guard Zstd.decode(bytes, into: target) else { throw frameError(index) }
          bytes = UnsafeRawBufferPointer(target)
        }
        planes.append(bytes)
        start += size
      }
      BytePlanes.join(planes, into: raw)
    case .unknown(let number):
      throw unknownCodec(number, index)
    }
  }

  private func unknownCodec(_ number: Int, _ index: Int) -> BundleError.Reason {
    .unsupported(kind: "codec", name: String(number), place: "chunk \(index)")
  }

  private func frameError(_ index: Int) -> BundleError.Reason {
    .inconsistent(
      section: "chunk \(index)", problem: "is not one zstd frame of the size the manifest gives")
  }
}
