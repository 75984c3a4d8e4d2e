internal import MosaicCore

/// Turns a chunk's raw bytes into the bytes to store.
final class ChunkEncoder {
  private let zstd: Zstd.Encoder?
  private var planes = OwnedBytes(count: 0)
  private var frame = OwnedBytes(count: 0)

  init(_ compression: Compression) {
    zstd =
      switch compression {
      case .none: nil
      case .zstd(let level): Zstd.Encoder(level: level)
      }
  }

  /// The bytes to store, valid until the next call.
  ///
  /// - Parameter elementSize: Bytes per element, by which the chunk's size is divisible.
  func encode(
    _ raw: UnsafeRawBufferPointer, elementSize: Int
  ) -> (codec: Manifest.Chunk.Codec, stored: UnsafeRawBufferPointer) {
    guard let zstd else { return (.raw, raw) }
    guard elementSize > 1 else {
      guard let frame = compressed(raw, by: zstd) else { return (.raw, raw) }
      return (.zstd, frame)
    }
    grow(&planes, to: raw.count)
    let stored = planes.memory.slice(0..<raw.count)
    BytePlanes.split(raw, elementSize: elementSize, into: stored)
    let planeSize = raw.count / elementSize
    var sizes: [Int] = []
    var end = 0
    for plane in 0..<elementSize {
      let bytes = UnsafeRawBufferPointer(stored.slice(plane * planeSize..<(plane + 1) * planeSize))
      let kept = compressed(bytes, by: zstd) ?? bytes
      // What is kept is no larger, so no plane still to come is written over.
      stored.slice(end..<end + kept.count).copyMemory(from: kept)
      sizes.append(kept.count)
      end += kept.count
    }
    guard end < raw.count else { return (.raw, raw) }
    return (
      .planes(elementSize: elementSize, sizes: sizes),
      UnsafeRawBufferPointer(stored.slice(0..<end))
    )
  }

  /// A frame of the bytes, valid until the next call, or nil where it does not pay.
  private func compressed(
    _ bytes: UnsafeRawBufferPointer, by zstd: Zstd.Encoder
  ) -> UnsafeRawBufferPointer? {
    grow(&frame, to: Zstd.bound(bytes.count))
    guard isPromising(bytes, zstd), let size = zstd.encode(bytes, into: frame.memory),
      pays(size, for: bytes.count)
    else { return nil }
    return UnsafeRawBufferPointer(frame.memory.slice(0..<size))
  }

  /// Below 3 % the space is not worth the time to decode.
  private func pays(_ stored: Int, for raw: Int) -> Bool { stored * 100 <= raw * 97 }

  /// Tries a sample of many bytes first: most planes of weights are noise, and compressing noise
  /// takes as long as hashing it.
  private func isPromising(_ bytes: UnsafeRawBufferPointer, _ zstd: Zstd.Encoder) -> Bool {
    let (pieceSize, pieceCount) = (4 << 10, 8)
    let sampleSize = pieceSize * pieceCount
    guard bytes.count >= 8 * sampleSize else { return true }
    return withUnsafeTemporaryAllocation(byteCount: sampleSize, alignment: 64) { sample in
      for piece in 0..<pieceCount {
        // The first and the last bytes are in the sample, the others are spaced evenly.
        let start = piece * (bytes.count - pieceSize) / (pieceCount - 1)
        sample.slice(piece * pieceSize..<(piece + 1) * pieceSize)
          .copyMemory(from: bytes.slice(start..<start + pieceSize))
      }
      // A short frame's tables weigh more: the whole may pay where the sample just does not.
      let size = zstd.encode(UnsafeRawBufferPointer(sample), into: frame.memory)
      return size.map { $0 * 100 <= sampleSize * 99 } ?? false
    }
  }

  private func grow(_ buffer: inout OwnedBytes, to count: Int) {
    if buffer.memory.count < count { buffer = OwnedBytes(uninitializedCount: count) }
  }
}
