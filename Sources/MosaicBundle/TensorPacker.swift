/// Gathers small tensors into shared chunks: one open chunk per element size, so that its bytes can
/// be split into planes.
struct TensorPacker {
  /// Smaller tensors are packed.
  static let smallBelow = 4096
  /// Reading one tensor decodes its whole pack, and a reader keeps the last few.
  static let packSize = 256 << 10

  /// A tensor's place before its pack has become a chunk.
  struct Place: Hashable {
    var pack: Int
    var offset: Int
    var byteCount: Int
  }

  /// A full or final pack.
  struct Pack {
    var number: Int
    var elementSize: Int
    var bytes: [UInt8]
  }

  private var open: [Int: Pack] = [:]
  private var places: [[UInt8]: Place] = [:]
  private var count = 0

  /// Finds the place of a tensor, by its content where that came before.
  ///
  /// - Returns: The place, and a pack that had no room left and is to be written.
  mutating func add(
    _ bytes: UnsafeRawBufferPointer, sha256: [UInt8], elementSize: Int
  ) -> (place: Place, full: Pack?) {
    // The size of its elements is part of an address: it decides the pack.
    let address = sha256 + [UInt8(elementSize)]
    if let place = places[address] { return (place, nil) }
    var full: Pack?
    if let pack = open[elementSize], pack.bytes.count + bytes.count > Self.packSize {
      full = open.removeValue(forKey: elementSize)
    }
    var pack = open.removeValue(forKey: elementSize) ?? newPack(elementSize)
    let place = Place(pack: pack.number, offset: pack.bytes.count, byteCount: bytes.count)
    pack.bytes.append(contentsOf: bytes)
    open[elementSize] = pack
    places[address] = place
    return (place, full)
  }

  /// The packs not yet written, in the order they were opened.
  mutating func drain() -> [Pack] {
    defer { open = [:] }
    return open.values.sorted { $0.number < $1.number }
  }

  private mutating func newPack(_ elementSize: Int) -> Pack {
    defer { count += 1 }
    return Pack(number: count, elementSize: elementSize, bytes: [])
  }
}
