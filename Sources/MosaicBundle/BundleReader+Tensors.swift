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
    do {
      try gather(source, into: buffer)
    } catch {
      throw BundleError(path: path, reason: error)
    }
  }

  private func gather(
    _ source: Manifest.WeightSource, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(BundleError.Reason) {
    let shape = try manifest.shape(of: source, "a weight")
    precondition(elementCount(of: shape) == buffer.count)
    let tensor = manifest.tensors[source.tensor]
    guard let convert = FloatConversion(tensor.dataType) else {
      throw .unsupported(
        kind: "data type of a weight", name: tensor.dataType.rawValue,
        place: "tensor '\(printable(tensor.name))'")
    }
    // Without elements, the product of the other dimensions has no bound.
    guard buffer.count > 0 else { return }
    let runs =
      source.runs.isEmpty
      ? [Manifest.Run(start: 0, count: tensor.shape.first ?? 1)] : source.runs
    let axis = source.runs.isEmpty ? 0 : source.axis
    let inner = tensor.shape.dropFirst(axis + 1).reduce(1, *)
    var rest = buffer[...]

    let isAscending = zip(runs, runs.dropFirst()).allSatisfy {
      $0.start + $0.count <= $1.start
    }
    if axis == 0 && isAscending {
      let rowBytes = inner * tensor.dataType.byteWidth
      var cursor = PieceCursor(tensor)
      for run in runs {
        let range = run.start * rowBytes..<(run.start + run.count) * rowBytes
        try cursor.forEachSpan(of: range, reader: self) { convert(from: $0, into: &rest) }
      }
      return
    }

    let owner = try bytes(of: tensor)
    defer { withExtendedLifetime(owner) {} }
    let whole = UnsafeRawBufferPointer(owner.memory)
    let width = tensor.dataType.byteWidth
    let length = tensor.shape[axis]
    for outer in 0..<tensor.shape[..<axis].reduce(1, *) {
      for run in runs {
        let start = (outer * length + run.start) * inner * width
        convert(from: whole.slice(start..<start + run.count * inner * width), into: &rest)
      }
    }
  }

  private func bytes(of tensor: Manifest.Tensor) throws(BundleError.Reason) -> OwnedBytes {
    let size = tensor.pieces.reduce(0) { $0 + $1.byteCount }
    guard size <= memoryLimit else {
      throw .memory(
        what: "tensor '\(printable(tensor.name))'", needs: size, limit: memoryLimit)
    }
    let result = OwnedBytes(count: size)
    defer { withExtendedLifetime(result) {} }
    var start = 0
    for piece in tensor.pieces {
      let target = result.memory.slice(start..<start + piece.byteCount)
      if piece.byteCount == manifest.chunks[piece.chunk].rawSize {
        try decode(chunk: piece.chunk, into: target)
      } else {
        let chunk = try chunk(piece.chunk)
        defer { withExtendedLifetime(chunk) {} }
        target.copyMemory(
          from: UnsafeRawBufferPointer(
            chunk.memory.slice(piece.offset..<piece.offset + piece.byteCount)))
      }
      start += piece.byteCount
    }
    return result
  }

  /// The raw bytes of a chunk, which the last few small ones are kept of.
  func chunk(_ index: Int) throws(BundleError.Reason) -> OwnedBytes {
    if let bytes = cache.find(index) { return bytes }
    let bytes = OwnedBytes(count: manifest.chunks[index].rawSize)
    defer { withExtendedLifetime(bytes) {} }
    try decode(chunk: index, into: bytes.memory)
    cache.insert(index, bytes)
    return bytes
  }

  /// - Parameter raw: Room for exactly the chunk's raw size.
  func decode(
    chunk index: Int, into raw: UnsafeMutableRawBufferPointer
  ) throws(BundleError.Reason) {
    let chunk = manifest.chunks[index]
    let stored = OwnedBytes(count: try chunk.checkedStoredSize(index))
    defer { withExtendedLifetime(stored) {} }
    try file.read(at: chunk.offset, into: stored.memory, section: "chunk \(index)")
    try chunk.decode(UnsafeRawBufferPointer(stored.memory), into: raw, index: index)
  }
}

/// Walks through a tensor's pieces, each chunk decoded once while ranges ascend.
private struct PieceCursor {
  private let tensor: Manifest.Tensor
  private var piece = 0
  /// Of the piece in the tensor.
  private var start = 0
  private var chunk: OwnedBytes?

  init(_ tensor: Manifest.Tensor) { self.tensor = tensor }

  /// Passes the bytes of `range` on, chunk by chunk.
  mutating func forEachSpan(
    of range: Range<Int>, reader: BundleReader, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(BundleError.Reason) {
    var position = range.lowerBound
    while position < range.upperBound {
      let current = tensor.pieces[piece]
      guard position < start + current.byteCount else {
        start += current.byteCount
        piece += 1
        chunk = nil
        continue
      }
      let end = min(range.upperBound, start + current.byteCount)
      if chunk == nil { chunk = try reader.chunk(current.chunk) }
      guard let bytes = chunk else { return }
      defer { withExtendedLifetime(bytes) {} }
      let offset = current.offset - start
      body(UnsafeRawBufferPointer(bytes.memory.slice(position + offset..<end + offset)))
      position = end
    }
  }
}
