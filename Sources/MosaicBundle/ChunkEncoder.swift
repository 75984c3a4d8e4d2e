internal import MosaicCore

/// Turns a chunk's raw bytes into the bytes to store.
final class ChunkEncoder {
  private let zstd: Zstd.Encoder?
  private var planes = OwnedBytes(count: 0)
  private var output = OwnedBytes(count: 0)

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
    if planes.memory.count < raw.count { planes = OwnedBytes(count: raw.count) }
    let bound = Zstd.bound(raw.count) + elementSize * Zstd.bound(0)
    if output.memory.count < bound { output = OwnedBytes(count: bound) }

    guard elementSize > 1 else {
      guard let size = zstd.encode(raw, into: output.memory), pays(size, for: raw.count) else {
        return (.raw, raw)
      }
      return (.zstd, UnsafeRawBufferPointer(output.memory.slice(0..<size)))
    }
    let split = planes.memory.slice(0..<raw.count)
    BytePlanes.split(raw, elementSize: elementSize, into: split)
    let planeSize = raw.count / elementSize
    var sizes: [Int] = []
    var end = 0
    for plane in 0..<elementSize {
      let bytes = UnsafeRawBufferPointer(split.slice(plane * planeSize..<(plane + 1) * planeSize))
      let rest = output.memory.slice(end..<output.memory.count)
      if let size = zstd.encode(bytes, into: rest), pays(size, for: planeSize) {
        sizes.append(size)
      } else {
        rest.copyMemory(from: bytes)
        sizes.append(planeSize)
      }
      end += sizes[plane]
    }
    guard sizes.contains(where: { $0 < planeSize }) else { return (.raw, raw) }
    return (
      .planes(elementSize: elementSize, sizes: sizes),
      UnsafeRawBufferPointer(output.memory.slice(0..<end))
    )
  }

  /// Below 3 % the space is not worth the time to decode.
  private func pays(_ stored: Int, for raw: Int) -> Bool { stored * 100 <= raw * 97 }
}
