public import MosaicCore
internal import Synchronization

/// Immutable f32 memory: a weight as the kernels read it.
public final class FloatBuffer: @unchecked Sendable {
  public let pointer: UnsafePointer<Float>
  public let count: Int
  private let owner: AnyObject
  /// The rows rearranged for products, where that was asked for: networks that have a weight in
  /// common share it.
  private let arranged = Mutex<[Arrangement: FloatBuffer]>([:])

  struct Arrangement: Hashable {
    var inner: Int
    var precision: Precision
  }

  /// Memory of `count` floats that `fill` writes.
  public init<E: Error>(
    count: Int, fill: (UnsafeMutableBufferPointer<Float>) throws(E) -> Void
  ) throws(E) {
    let memory = FloatMemory(count: count)
    try fill(memory.floats)
    pointer = UnsafePointer(memory.pointer)
    self.count = count
    owner = memory
  }

  /// The floats of `view`: where they lie if they are f32 and aligned, else converted.
  public init(_ view: TensorView) {
    count = view.elementCount
    if view.dataType == .f32, let base = view.bytes.baseAddress,
      Int(bitPattern: base).isMultiple(of: MemoryLayout<Float>.alignment)
    {
      pointer = base.assumingMemoryBound(to: Float.self)
      owner = view.owner
    } else {
      let memory = FloatMemory(count: view.elementCount)
      withExtendedLifetime(view.owner) { view.convert(into: memory.floats) }
      pointer = UnsafePointer(memory.pointer)
      owner = memory
    }
  }

  private init(_ memory: FloatMemory) {
    pointer = UnsafePointer(memory.pointer)
    count = memory.count
    owner = memory
  }

  /// Memory of as many floats each as said, that `fill` writes.
  public static func filled<E: Error>(
    counts: [Int], by fill: ([UnsafeMutableBufferPointer<Float>]) throws(E) -> Void
  ) throws(E) -> [FloatBuffer] {
    let memories = counts.map { FloatMemory(count: $0) }
    try fill(memories.map(\.floats))
    return memories.map { FloatBuffer($0) }
  }

  public convenience init(_ floats: [Float]) {
    self.init(count: floats.count) { _ = $0.update(from: floats) }
  }

  /// Lends the floats; the pointer must not leave `body`.
  public func withFloats<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeBufferPointer(start: pointer, count: count))
  }

  /// What `make` makes of it, made once.
  func arranged(_ arrangement: Arrangement, by make: () -> FloatBuffer) -> FloatBuffer {
    arranged.withLock { known in
      if let buffer = known[arrangement] { return buffer }
      let buffer = make()
      known[arrangement] = buffer
      return buffer
    }
  }

  public var array: [Float] { withFloats { Array($0) } }
}

/// Writable f32 memory, 64-byte aligned, freed with its last reference.
final class FloatMemory: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    pointer = UnsafeMutableRawPointer.allocateAligned(byteCount: Self.byteCount(count))
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit {
    UnsafeMutableRawPointer(pointer).deallocateAligned(byteCount: Self.byteCount(count))
  }

  /// One float more than nothing, so that there is always an address.
  private static func byteCount(_ count: Int) -> Int {
    max(count, 1) * MemoryLayout<Float>.stride
  }

  var floats: UnsafeMutableBufferPointer<Float> { .init(start: pointer, count: count) }
}
