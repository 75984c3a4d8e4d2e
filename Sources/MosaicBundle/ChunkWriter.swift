internal import MosaicCore

/// Appends chunks to a bundle, each content once.
///
/// A few chunks wait, are encoded on all threads, and are written in the order they came: the bytes
/// do not depend on the number of threads.
struct ChunkWriter: ~Copyable {
  private(set) var chunks: [Manifest.Chunk] = []
  /// Of every chunk that was added and written: its index in `chunks`.
  private(set) var indices: [Int] = []
  private var file: AtomicFile
  private let slots: [ChunkSlot]
  private let threads: Int
  private var waiting = 0
  private var known: [[UInt8]: Int] = [:]

  /// Leaves room for the header.
  init(
    path: String, compression: Compression, threads: Int, replacing: Bool
  ) throws(FileError) {
    var file = try AtomicFile(path: path, replacing: replacing)
    try file.appendZeros(BundleHeader.size)
    self.file = file
    self.threads = max(1, threads)
    // Several a thread, so that none waits long for the last one of a turn.
    slots = (0..<(threads > 1 ? 4 * threads : 1)).map { _ in ChunkSlot(compression) }
  }

  /// - Parameter owner: Keeps `raw` alive until it is written.
  /// - Returns: The chunk's place in `indices`, filled in by `flush`.
  mutating func add(
    _ raw: UnsafeRawBufferPointer, owner: AnyObject, elementSize: Int
  ) throws(FileError) -> Int {
    let place = indices.count + waiting
    slots[waiting].take(raw, owner: owner, elementSize: elementSize)
    waiting += 1
    if waiting == slots.count { try flush() }
    return place
  }

  /// Writes what waits.
  mutating func flush() throws(FileError) {
    let (slots, known) = (slots, known)
    forEachConcurrently(waiting, threads: threads) { index in
      slots[index].process { known[$0] != nil }
    }
    for slot in slots.prefix(waiting) {
      indices.append(try write(slot))
      slot.release()
    }
    waiting = 0
  }

  private mutating func write(_ slot: ChunkSlot) throws(FileError) -> Int {
    if let index = known[slot.sha256] { return index }
    let alignment = BundleLimits.alignment(ofStored: slot.stored.count)
    try file.appendZeros((alignment - file.count % alignment) % alignment)
    chunks.append(
      Manifest.Chunk(
        offset: file.count, storedSize: slot.stored.count, rawSize: slot.rawSize,
        codec: slot.codec, checksum: slot.checksum, sha256: slot.sha256))
    try file.append(slot.stored)
    known[slot.sha256] = chunks.count - 1
    return chunks.count - 1
  }

  /// Bytes so far: where the manifest goes.
  var fileSize: Int { file.count }

  /// Appends the manifest, writes the header and gives the file its name.
  consuming func finish(
    manifest: UnsafeRawBufferPointer, header: BundleHeader
  ) throws(FileError) {
    try file.append(manifest)
    let first = OwnedBytes(count: BundleHeader.size)
    defer { withExtendedLifetime(first) {} }
    first.memory.copyBytes(from: header.bytes)
    try file.write(UnsafeRawBufferPointer(first.memory), at: 0)
    try file.commit()
  }
}

extension AtomicFile {
  fileprivate mutating func appendZeros(_ count: Int) throws(FileError) {
    let zeros = OwnedBytes(count: count)
    defer { withExtendedLifetime(zeros) {} }
    try append(UnsafeRawBufferPointer(zeros.memory))
  }
}
