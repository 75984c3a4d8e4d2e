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
    _ stored: UnsafeRawBufferPointer, into raw: UnsafeMutableRawBufferPointer, index: Int
  ) throws(BundleError.Reason) {
    precondition(stored.count == storedSize && raw.count == rawSize)
    guard xxh64(stored) == checksum else { throw .checksum(section: "chunk \(index)") }
    switch codec {
    case .raw:
      raw.copyMemory(from: stored)
    case .zstd:
      guard Zstd.decode(stored, into: raw) else { throw frameError(index) }
    case .planes(let elementSize, let sizes):
      let split = OwnedBytes(count: rawSize)
      defer { withExtendedLifetime(split) {} }
      let planeSize = rawSize / elementSize
      var start = 0
      for (plane, size) in sizes.enumerated() {
        let bytes = stored.slice(start..<start + size)
        let target = split.memory.slice(plane * planeSize..<(plane + 1) * planeSize)
        if size == planeSize {
          target.copyMemory(from: bytes)
        } else if !Zstd.decode(bytes, into: target) {
          throw frameError(index)
        }
        start += size
      }
      BytePlanes.join(UnsafeRawBufferPointer(split.memory), elementSize: elementSize, into: raw)
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
