internal import MosaicCore

/// One chunk on its way into the file: hashed and encoded beside others, written in its turn.
///
/// Holds its buffers from chunk to chunk. One thread at a time uses it.
final class ChunkSlot: @unchecked Sendable {
  private let encoder: ChunkEncoder
  private var raw = UnsafeRawBufferPointer(start: nil, count: 0)
  private var owner: AnyObject?
  private var elementSize = 1
  private(set) var sha256: [UInt8] = []
  private(set) var codec = Manifest.Chunk.Codec.raw
  /// Valid until the next chunk or `release`; empty where the content was known.
  private(set) var stored = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var checksum: UInt64 = 0

  init(_ compression: Compression) { encoder = ChunkEncoder(compression) }

  var rawSize: Int { raw.count }

  /// - Parameter owner: Keeps `raw` alive.
  func take(_ raw: UnsafeRawBufferPointer, owner: AnyObject, elementSize: Int) {
    self.raw = raw
    self.owner = owner
    self.elementSize = elementSize
  }

  /// Hashes the chunk, and encodes it unless its content is in the file already.
  func process(isKnown: (_ sha256: [UInt8]) -> Bool) {
    defer { withExtendedLifetime(owner) {} }
    sha256 = SHA256.hash(raw)
    guard !isKnown(sha256) else { return }
    (codec, stored) = encoder.encode(raw, elementSize: elementSize)
    checksum = xxh64(stored)
  }

  func release() {
    raw = UnsafeRawBufferPointer(start: nil, count: 0)
    stored = raw
    owner = nil
  }
}
