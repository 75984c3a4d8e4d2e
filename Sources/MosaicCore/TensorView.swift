/// A tensor's bytes where they lie, row-major and little-endian, with what they mean.
///
/// The bytes may be unaligned. `owner` keeps them alive (a mapped file, or a buffer).
public struct TensorView: @unchecked Sendable {
  public let dataType: DataType
  public let shape: [Int]
  public let bytes: UnsafeRawBufferPointer
  /// Immutable memory, so that views may cross threads.
  public let owner: AnyObject

  /// - Precondition: `bytes` has `dataType.byteWidth` bytes for every element of `shape`.
  public init(dataType: DataType, shape: [Int], bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    precondition(
      MosaicCore.elementCount(of: shape).map { $0 * dataType.byteWidth } == bytes.count)
    self.dataType = dataType
    self.shape = shape
    self.bytes = bytes
    self.owner = owner
  }

  public var elementCount: Int { bytes.count / dataType.byteWidth }
}

extension TensorView {
  /// A view of floats owned by the view itself.
  public init(_ floats: [Float], shape: [Int]) {
    let buffer = OwnedBytes(count: floats.count * 4)
    floats.withUnsafeBytes { buffer.memory.copyMemory(from: $0) }
    self.init(
      dataType: .f32, shape: shape, bytes: UnsafeRawBufferPointer(buffer.memory), owner: buffer)
  }

  /// A view of doubles owned by the view itself.
  public init(_ doubles: [Double], shape: [Int]) {
    let buffer = OwnedBytes(count: doubles.count * 8)
    doubles.withUnsafeBytes { buffer.memory.copyMemory(from: $0) }
    self.init(
      dataType: .f64, shape: shape, bytes: UnsafeRawBufferPointer(buffer.memory), owner: buffer)
  }

  /// A view of 64-bit integers owned by the view itself.
  public init(_ integers: [Int64], shape: [Int]) {
    let buffer = OwnedBytes(count: integers.count * 8)
    integers.withUnsafeBytes { buffer.memory.copyMemory(from: $0) }
    self.init(
      dataType: .i64, shape: shape, bytes: UnsafeRawBufferPointer(buffer.memory), owner: buffer)
  }
}

/// Bytes on the heap, 64-byte aligned, freed with their last reference.
public final class OwnedBytes: @unchecked Sendable {
  public let memory: UnsafeMutableRawBufferPointer

  /// Zeroed memory of `count` bytes, with `source` copied to its start.
  public init(copying source: UnsafeRawBufferPointer = .init(start: nil, count: 0), count: Int) {
    memory = .init(start: .allocateAligned(byteCount: count), count: count)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    if source.count > 0 { memory.copyMemory(from: source) }
  }

  /// Memory of `count` bytes to be written before they are read.
  public init(uninitializedCount count: Int) {
    memory = .init(start: .allocateAligned(byteCount: count), count: count)
  }

  deinit { memory.baseAddress?.deallocateAligned(byteCount: memory.count) }
}
