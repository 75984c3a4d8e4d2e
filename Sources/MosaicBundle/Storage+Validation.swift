internal import MosaicCore

extension Manifest {
  /// The chunks fill the file from the header to the manifest, in order, with nothing between them
  /// but the padding their alignment asks for.
  func checkChunks(end: Int) throws(BundleError.Reason) {
    var position = BundleHeader.size
    for (index, chunk) in chunks.enumerated() {
      let section = "chunk \(index)"
      let alignment = BundleLimits.alignment(ofStored: chunk.storedSize)
      let start = (position + alignment - 1) / alignment * alignment
      guard chunk.offset == start else {
        throw .inconsistent(
          section: section, problem: "starts at \(chunk.offset) instead of \(start)")
      }
      guard chunk.storedSize > 0, chunk.storedSize <= end, chunk.offset <= end - chunk.storedSize
      else {
        throw .inconsistent(
          section: section,
          problem: "has \(chunk.storedSize) bytes at \(chunk.offset), beyond the end at \(end)")
      }
      guard chunk.rawSize <= BundleLimits.chunkSize else {
        throw .limit(
          what: "\(section)'s raw size", value: chunk.rawSize, limit: BundleLimits.chunkSize)
      }
      guard chunk.sha256.count == 32 else {
        throw .inconsistent(
          section: section, problem: "its SHA-256 has \(chunk.sha256.count) bytes")
      }
      guard chunk.hasConsistentSizes else {
        throw .inconsistent(
          section: section,
          problem: "stores \(chunk.rawSize) bytes in \(chunk.storedSize), as its codec cannot")
      }
      position = chunk.offset + chunk.storedSize
    }
    guard position == end else {
      throw .inconsistent(
        section: "the chunk table", problem: "ends at \(position), the manifest starts at \(end)")
    }
  }

  func checkTensors() throws(BundleError.Reason) {
    var names: Set<[UInt8]> = []
    for tensor in tensors {
      let section = "tensor '\(printable(tensor.name))'"
      // Compared as bytes: equal strings may differ in normalisation.
      guard names.insert(Array(tensor.name.utf8)).inserted else {
        throw .inconsistent(section: section, problem: "is there twice")
      }
      try check(tensor, section)
    }
  }

  private func check(_ tensor: Tensor, _ section: String) throws(BundleError.Reason) {
    let width = tensor.dataType.byteWidth
    var left = (elementCount(of: tensor.shape) ?? 0) * width
    for piece in tensor.pieces {
      guard chunks.indices.contains(piece.chunk) else {
        throw .inconsistent(
          section: section, problem: "names chunk \(piece.chunk) of \(chunks.count)")
      }
      let size = chunks[piece.chunk].rawSize
      guard piece.byteCount > 0, piece.byteCount <= size, piece.offset <= size - piece.byteCount,
        piece.byteCount.isMultiple(of: width)
      else {
        throw .inconsistent(
          section: section,
          problem: "names \(piece.byteCount) bytes at \(piece.offset) of chunk \(piece.chunk), "
            + "which has \(size)")
      }
      left -= piece.byteCount
      guard left >= 0 else { break }
    }
    guard left == 0 else {
      throw .inconsistent(
        section: section,
        problem: left > 0
          ? "lacks \(left) bytes for its shape \(tensor.shape)"
          : "has more bytes than its shape \(tensor.shape)")
    }
  }
}

extension Manifest.Chunk {
  fileprivate var hasConsistentSizes: Bool {
    switch codec {
    case .raw:
      return storedSize == rawSize
    case .zstd:
      return rawSize > 0
    case .planes(let elementSize, let sizes):
      guard [2, 4, 8].contains(elementSize), sizes.count == elementSize, rawSize > 0,
        rawSize.isMultiple(of: elementSize)
      else { return false }
      let planeSize = rawSize / elementSize
      return sizes.allSatisfy { $0 > 0 && $0 <= planeSize } && sizes.reduce(0, +) == storedSize
    case .unknown:
      return true
    }
  }
}
