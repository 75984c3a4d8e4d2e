internal import MosaicCore
internal import Synchronization

/// The last few small chunks, decoded: packs, which many tensors share.
final class ChunkCache: Sendable {
  private static let capacity = 16
  /// Newest last.
  private let entries = Mutex<[(index: Int, bytes: OwnedBytes)]>([])

  func find(_ index: Int) -> OwnedBytes? {
    entries.withLock { entries in
      guard let place = entries.firstIndex(where: { $0.index == index }) else { return nil }
      let entry = entries.remove(at: place)
      entries.append(entry)
      return entry.bytes
    }
  }

  static func keeps(_ size: Int) -> Bool { size <= TensorPacker.packSize }

  func insert(_ index: Int, _ bytes: OwnedBytes) {
    guard Self.keeps(bytes.memory.count) else { return }
    entries.withLock { entries in
      entries.removeAll { $0.index == index }
      if entries.count == Self.capacity { entries.removeFirst() }
      entries.append((index, bytes))
    }
  }
}
