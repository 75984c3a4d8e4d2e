internal import MosaicCore

/// Appends chunks to a bundle, each content once.
///
/// A few chunks wait, and are hashed and encoded on all threads while one thread writes those that
/// waited before. They are written in the order they came: the bytes do not depend on the number of
/// threads.
struct ChunkWriter: ~Copyable {
  private(set) var chunks: [Manifest.Chunk] = []
  /// Of every chunk that was added and has a place in the file: its index in `chunks`.
  private(set) var indices: [Int] = []
  /// Bytes so far: where the manifest goes.
  private(set) var fileSize = BundleHeader.size
  private let file: ChunkFile
  private let threads: Int
  private var slots: [ChunkSlot]
  private var waiting = 0
  /// Encoded before, not yet written.
  private var others: [ChunkSlot]
  private var unwritten: [(slot: Int, offset: Int)] = []
  private var known: [[UInt8]: Int] = [:]

  init(
    path: String, compression: Compression, threads: Int, replacing: Bool
  ) throws(FileError) {
    file = try ChunkFile(path: path, replacing: replacing)
    self.threads = max(1, threads)
    // Several a thread, so that none waits long for the last one of a turn.
    let count = threads > 1 ? 4 * threads : 1
    slots = (0..<count).map { _ in ChunkSlot(compression) }
    others = (0..<count).map { _ in ChunkSlot(compression) }
  }

  /// - Parameter owner: Keeps `raw` alive until it is written.
  /// - Returns: The chunk's place in `indices`, filled in by `flush`.
  mutating func add(
    _ raw: UnsafeRawBufferPointer, owner: AnyObject, elementSize: Int
  ) throws(FileError) -> Int {
    let place = indices.count + waiting
    slots[waiting].take(raw, owner: owner, elementSize: elementSize)
    waiting += 1
    if waiting == slots.count { try turn() }
    return place
  }

  /// Writes what waits.
  mutating func flush() throws(FileError) {
    while waiting > 0 || !unwritten.isEmpty { try turn() }
  }

  /// Encodes what waits and writes what waited before.
  private mutating func turn() throws(FileError) {
    let (slots, others, unwritten, known, file) = (slots, others, unwritten, known, file)
    try forEachConcurrently(waiting + 1, threads: threads) { index throws(FileError) in
      if index > 0 {
        slots[index - 1].process { known[$0] != nil }
      } else {
        for (slot, offset) in unwritten { try file.append(others[slot].stored, at: offset) }
      }
    }
    for slot in others { slot.release() }
    self.unwritten = []
    for index in 0..<waiting { indices.append(place(slots[index], index)) }
    waiting = 0
    swap(&self.slots, &self.others)
  }

  /// Finds the chunk's place in the file, by its content where that came before.
  private mutating func place(_ slot: ChunkSlot, _ index: Int) -> Int {
    if let index = known[slot.sha256] { return index }
    let alignment = BundleLimits.alignment(ofStored: slot.stored.count)
    let offset = (fileSize + alignment - 1) / alignment * alignment
    chunks.append(
      Manifest.Chunk(
        offset: offset, storedSize: slot.stored.count, rawSize: slot.rawSize,
        codec: slot.codec, checksum: slot.checksum, sha256: slot.sha256))
    unwritten.append((index, offset))
    fileSize = offset + slot.stored.count
    known[slot.sha256] = chunks.count - 1
    return chunks.count - 1
  }

  /// Appends the manifest, writes the header and gives the file its name.
  ///
  /// - Precondition: Nothing waits.
  consuming func finish(
    manifest: UnsafeRawBufferPointer, header: BundleHeader
  ) throws(FileError) {
    try file.finish(manifest: manifest, header: header)
  }
}
