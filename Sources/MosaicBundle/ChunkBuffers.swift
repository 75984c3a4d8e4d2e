internal import MosaicCore
internal import Synchronization

/// Memory that chunks are decoded in, kept from chunk to chunk. One thread at a time uses it.
final class ChunkBuffers: @unchecked Sendable {
  private var storedBytes = OwnedBytes(count: 0)
  private var planeBytes = OwnedBytes(count: 0)
  private var rawBytes = OwnedBytes(count: 0)

  /// Each gives memory of `count` bytes, valid until the next call of the same one.
  func stored(_ count: Int) -> UnsafeMutableRawBufferPointer { Self.grow(&storedBytes, to: count) }
  func planes(_ count: Int) -> UnsafeMutableRawBufferPointer { Self.grow(&planeBytes, to: count) }
  func raw(_ count: Int) -> UnsafeMutableRawBufferPointer { Self.grow(&rawBytes, to: count) }

  private static func grow(
    _ buffer: inout OwnedBytes, to count: Int
  ) -> UnsafeMutableRawBufferPointer {
    if buffer.memory.count < count { buffer = OwnedBytes(uninitializedCount: count) }
    return buffer.memory.slice(0..<count)
  }
}

/// Buffers for as many threads as ask at the same time.
final class ChunkBufferPool: Sendable {
  private let free = Mutex<[ChunkBuffers]>([])

  func withBuffers<E: Error>(_ body: (ChunkBuffers) throws(E) -> Void) throws(E) {
    let buffers = free.withLock { $0.popLast() } ?? ChunkBuffers()
    defer { free.withLock { $0.append(buffers) } }
    try body(buffers)
  }
}
