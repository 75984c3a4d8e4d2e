internal import MosaicCore

/// Memory of the protobuf-c structures of one message, freed with the arena.
///
/// protobuf-c's structures point to each other and own nothing; here the arena owns them.
final class ProtoArena {
  private var blocks: [UnsafeMutableRawPointer] = []
  /// The first value that the format cannot hold.
  private(set) var problem: BundleError.Reason?

  deinit {
    for block in blocks { block.deallocate() }
  }

  private func allocate<T>(_ count: Int, of type: T.Type) -> UnsafeMutablePointer<T> {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count * MemoryLayout<T>.stride), alignment: MemoryLayout<T>.alignment)
    blocks.append(block)
    return block.bindMemory(to: T.self, capacity: count)
  }

  /// A message set to its defaults by the generated `initialise`.
  func message<T>(_ initialise: (UnsafeMutablePointer<T>?) -> Void) -> UnsafeMutablePointer<T> {
    let pointer = allocate(1, of: T.self)
    initialise(pointer)
    return pointer
  }

  func string(_ text: String) -> UnsafeMutablePointer<CChar> {
    if text.utf8.contains(0) { report(text, "holds a NUL character") }
    let bytes = allocate(text.utf8.count + 1, of: CChar.self)
    var end = bytes
    for byte in text.utf8 {
      end.initialize(to: CChar(bitPattern: byte))
      end += 1
    }
    end.initialize(to: 0)
    return bytes
  }

  func bytes(_ values: [UInt8]) -> UnsafeMutablePointer<UInt8> { array(values) }

  func unsigned(_ value: Int) -> UInt64 {
    if value < 0 { report(String(value), "is negative") }
    return UInt64(clamping: value)
  }

  func array<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let pointer = allocate(values.count, of: T.self)
    pointer.initialize(from: values, count: values.count)
    return pointer
  }

  func integers(_ values: [Int]) -> UnsafeMutablePointer<UInt64> {
    array(values.map(unsigned))
  }

  func strings(_ values: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    array(values.map { Optional(string($0)) })
  }

  func list<S, T>(
    _ items: [S], _ make: (S) -> UnsafeMutablePointer<T>
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<T>?> {
    array(items.map { Optional(make($0)) })
  }

  private func report(_ value: String, _ text: String) {
    if problem == nil {
      problem = .inconsistent(section: "the manifest", problem: "'\(printable(value))' \(text)")
    }
  }
}
