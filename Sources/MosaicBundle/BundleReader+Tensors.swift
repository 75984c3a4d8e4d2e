public import MosaicCore

extension BundleReader {
  /// Reads a whole tensor.
  ///
  /// - Parameter tensor: Index into `manifest.tensors`.
  /// - Throws: `BundleError` where its bytes are damaged or over the memory limit.
  public func load(tensor index: Int) throws(BundleError) -> TensorView {
    precondition(manifest.tensors.indices.contains(index))
    let tensor = manifest.tensors[index]
    do {
      let bytes = try bytes(of: tensor)
      return TensorView(
        dataType: tensor.dataType, shape: tensor.shape,
        bytes: UnsafeRawBufferPointer(bytes.memory), owner: bytes)
    } catch {
      throw BundleError(path: path, reason: error)
    }
  }

  /// Gathers a weight as f32.
  ///
  /// Rows that a variant keeps are read without the chunks between them, where their runs ascend.
  ///
  /// - Parameters:
  ///   - source: Of a variant of this bundle.
  ///   - buffer: Room for exactly the elements of the weight.
  /// - Throws: `BundleError` where the bytes are damaged, or the tensor holds no f32, f16 or bf16.
  public func loadFloats(
    _ source: Manifest.WeightSource, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(BundleError) {
    try loadFloats([(source, buffer)], threads: 1)
  }

  /// Gathers several weights as f32. Each chunk is read and decoded once, by one of `threads`,
  /// which hold a few times a chunk each.
  ///
  /// - Parameter weights: Sources with room for exactly their elements, none twice.
  /// - Throws: `BundleError` where the bytes are damaged, or a tensor holds no f32, f16 or bf16.
  public func loadFloats(
    _ weights: [(Manifest.WeightSource, UnsafeMutableBufferPointer<Float>)], threads: Int
  ) throws(BundleError) {
    do throws(BundleError.Reason) {
      var gathered: [GatheredWeight] = []
      for (source, buffer) in weights {
        let shape = try manifest.shape(of: source, "a weight")
        precondition(elementCount(of: shape) == buffer.count)
        let tensor = manifest.tensors[source.tensor]
        guard let weight = GatheredWeight(source, of: tensor, into: buffer) else {
          throw .unsupported(
            kind: "data type of a weight", name: tensor.dataType.rawValue,
            place: "tensor '\(printable(tensor.name))'")
        }
        // Without elements, the product of the other dimensions has no bound.
        if buffer.count > 0 { gathered.append(weight) }
      }
      try gather(gathered, threads: threads)
    } catch {
      throw BundleError(path: path, reason: error)
    }
  }

  private func gather(
    _ weights: [GatheredWeight], threads: Int
  ) throws(BundleError.Reason) {
    var parts: [Int: [GatheredWeight.Part]] = [:]
    for weight in weights.filter(\.isAscending) {
      for (chunk, part) in weight.parts { parts[chunk, default: []].append(part) }
    }
    // In the order of the file.
    let chunks = parts.sorted { $0.key < $1.key }
    let pool = ChunkBufferPool()
    try forEachConcurrently(chunks.count, threads: threads) {
      index throws(BundleError.Reason) in
      let (chunk, parts) = chunks[index]
      try pool.withBuffers { buffers throws(BundleError.Reason) in
        if parts.count == 1, let target = parts[0].whole(ofChunk: manifest.chunks[chunk].rawSize) {
          return try decode(chunk: chunk, into: target, buffers)
        }
        try withChunk(chunk, buffers) { bytes in
          for part in parts { part.copy(from: bytes) }
        }
      }
    }
    let scattered = weights.filter { !$0.isAscending }
    try forEachConcurrently(scattered.count, threads: threads) {
      index throws(BundleError.Reason) in
      let owner = try bytes(of: scattered[index].tensor)
      defer { withExtendedLifetime(owner) {} }
      scattered[index].copy(fromWhole: UnsafeRawBufferPointer(owner.memory))
    }
  }

  private func bytes(of tensor: Manifest.Tensor) throws(BundleError.Reason) -> OwnedBytes {
    let size = tensor.pieces.reduce(0) { $0 + $1.byteCount }
    guard size <= memoryLimit else {
      throw .memory(
        what: "tensor '\(printable(tensor.name))'", needs: size, limit: memoryLimit)
    }
    let result = OwnedBytes(uninitializedCount: size)
    defer { withExtendedLifetime(result) {} }
    let buffers = ChunkBuffers()
    var start = 0
    for piece in tensor.pieces {
      let target = result.memory.slice(start..<start + piece.byteCount)
      if piece.byteCount == manifest.chunks[piece.chunk].rawSize {
        try decode(chunk: piece.chunk, into: target, buffers)
      } else {
        try withChunk(piece.chunk, buffers) { chunk in
          target.copyMemory(from: chunk.slice(piece.offset..<piece.offset + piece.byteCount))
        }
      }
      start += piece.byteCount
    }
    return result
  }

  /// Lends the raw bytes of a chunk. The last few small ones are kept.
  private func withChunk(
    _ index: Int, _ buffers: ChunkBuffers, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(BundleError.Reason) {
    let size = manifest.chunks[index].rawSize
    guard ChunkCache.keeps(size) else {
      let raw = buffers.raw(size)
      try decode(chunk: index, into: raw, buffers)
      return body(UnsafeRawBufferPointer(raw))
    }
    let bytes = try smallChunk(index, buffers)
    defer { withExtendedLifetime(bytes) {} }
    body(UnsafeRawBufferPointer(bytes.memory))
  }

  private func smallChunk(
    _ index: Int, _ buffers: ChunkBuffers
  ) throws(BundleError.Reason) -> OwnedBytes {
    if let bytes = cache.find(index) { return bytes }
    let bytes = OwnedBytes(uninitializedCount: manifest.chunks[index].rawSize)
    try decode(chunk: index, into: bytes.memory, buffers)
    cache.insert(index, bytes)
    return bytes
  }

  /// - Parameter raw: Room for exactly the chunk's raw size.
  func decode(
    chunk index: Int, into raw: UnsafeMutableRawBufferPointer, _ buffers: ChunkBuffers
  ) throws(BundleError.Reason) {
    let chunk = manifest.chunks[index]
    let stored = buffers.stored(try chunk.checkedStoredSize(index))
    try file.read(at: chunk.offset, into: stored, section: "chunk \(index)")
    try chunk.decode(UnsafeRawBufferPointer(stored), into: raw, buffers: buffers, index: index)
  }
}
