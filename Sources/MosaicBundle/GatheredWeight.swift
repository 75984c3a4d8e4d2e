internal import MosaicCore

/// A weight to fill from rows or columns of a stored tensor, and where each of them goes.
///
/// Parts of it may be copied at the same time: they write different elements.
struct GatheredWeight: @unchecked Sendable {
  /// What one piece of the tensor gives to the weight.
  struct Part: Sendable {
    let weight: GatheredWeight
    let piece: Manifest.Tensor.Piece
    /// First element of the piece in the tensor.
    let start: Int
  }

  /// A run of the tensor's axis, and its first index along the weight's.
  private struct Place {
    var run: Manifest.Run
    var target: Int
  }

  let tensor: Manifest.Tensor
  /// Whether a piece knows by itself what it gives: runs come in the order of the file.
  let isAscending: Bool
  private let buffer: UnsafeMutableBufferPointer<Float>
  private let places: [Place]
  /// Elements between neighbours along the axis, in both.
  private let inner: Int
  /// Elements of the tensor, and of the weight, at one index of the axes before.
  private let rowLength: Int
  private let keptLength: Int
  private let width: Int

  /// Nil where weights are not kept in the tensor's type.
  ///
  /// - Precondition: The source was checked, and `buffer` has room for exactly its elements.
  init?(
    _ source: Manifest.WeightSource, of tensor: Manifest.Tensor,
    into buffer: UnsafeMutableBufferPointer<Float>
  ) {
    guard [.f32, .f16, .bf16].contains(tensor.dataType) else { return nil }
    self.tensor = tensor
    self.buffer = buffer
    width = tensor.dataType.byteWidth
    guard buffer.count > 0, !source.runs.isEmpty else {
      places = [Place(run: Manifest.Run(start: 0, count: buffer.count), target: 0)]
      (inner, rowLength, keptLength) = (1, buffer.count, buffer.count)
      isAscending = true
      return
    }
    var places: [Place] = []
    var kept = 0
    for run in source.runs {
      places.append(Place(run: run, target: kept))
      kept += run.count
    }
    self.places = places
    inner = tensor.shape.dropFirst(source.axis + 1).reduce(1, *)
    rowLength = tensor.shape[source.axis] * inner
    keptLength = kept * inner
    isAscending = zip(source.runs, source.runs.dropFirst()).allSatisfy {
      $0.start + $0.count <= $1.start
    }
  }

  /// The pieces that give something, each with its chunk.
  var parts: [(chunk: Int, part: Part)] {
    var found: [(chunk: Int, part: Part)] = []
    var start = 0
    for piece in tensor.pieces {
      let end = start + piece.byteCount / width
      var gives = false
      forEachSpan(of: start..<end) { _, _, _ in
        gives = true
        return false
      }
      if gives { found.append((piece.chunk, Part(weight: self, piece: piece, start: start))) }
      start = end
    }
    return found
  }

  /// Fills the weight from the tensor's bytes, whatever the order of the runs.
  func copy(fromWhole bytes: UnsafeRawBufferPointer) {
    for row in 0..<bytes.count / (rowLength * width) {
      for place in places {
        let source = row * rowLength + place.run.start * inner
        let count = place.run.count * inner
        store(
          bytes.slice(source * width..<(source + count) * width),
          at: row * keptLength + place.target * inner)
      }
    }
  }

  fileprivate func bytes(at target: Int, count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      UnsafeMutableBufferPointer(rebasing: buffer[target..<target + count]))
  }

  fileprivate func store(_ bytes: UnsafeRawBufferPointer, at target: Int) {
    let count = bytes.count / width
    tensor.dataType.convert(
      bytes, into: UnsafeMutableBufferPointer(rebasing: buffer[target..<target + count]))
  }

  /// Passes on what of the tensor's elements `range` goes to the weight: the first element in the
  /// tensor, the first in the weight, and how many; `body` says whether to go on.
  ///
  /// - Precondition: `isAscending`.
  fileprivate func forEachSpan(
    of range: Range<Int>, _ body: (_ source: Int, _ target: Int, _ count: Int) -> Bool
  ) {
    var position = range.lowerBound
    while position < range.upperBound {
      let row = position / rowLength
      let rowStart = row * rowLength
      let rowEnd = min(range.upperBound, rowStart + rowLength)
      var index = firstPlace(endingAfter: (position - rowStart) / inner)
      while index < places.count {
        let place = places[index]
        let start = max(position, rowStart + place.run.start * inner)
        let end = min(rowEnd, rowStart + (place.run.start + place.run.count) * inner)
        guard start < end else { break }
        let target =
          row * keptLength + (place.target - place.run.start) * inner + (start - rowStart)
        guard body(start, target, end - start) else { return }
        index += 1
      }
      position = rowEnd
    }
  }

  private func firstPlace(endingAfter axisIndex: Int) -> Int {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].run.start + places[middle].run.count > axisIndex {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return low
  }
}

extension GatheredWeight.Part {
  /// Where the chunk's bytes go as they are and all together; nil where they are converted, or only
  /// some of them kept.
  func whole(ofChunk size: Int) -> UnsafeMutableRawBufferPointer? {
    guard weight.tensor.dataType == .f32, piece.byteCount == size else { return nil }
    let elements = start..<start + size / DataType.f32.byteWidth
    var first: Int?
    weight.forEachSpan(of: elements) { _, target, count in
      if count == elements.count { first = target }
      return false
    }
    return first.map { weight.bytes(at: $0, count: elements.count) }
  }

  /// - Parameter chunk: The raw bytes of the piece's chunk.
  func copy(from chunk: UnsafeRawBufferPointer) {
    let width = weight.tensor.dataType.byteWidth
    weight.forEachSpan(of: start..<start + piece.byteCount / width) { source, target, count in
      let offset = piece.offset + (source - start) * width
      weight.store(chunk.slice(offset..<offset + count * width), at: target)
      return true
    }
  }
}
