/// Elements of several bytes, taken apart by byte: all lowest bytes, then all second ones, ...
///
/// Of a weight, only the byte with the exponent compresses; apart from the noise of the others it
/// does so better and faster.
enum BytePlanes {
  /// - Precondition: Both buffers have the same size, a multiple of `elementSize`.
  static func split(
    _ bytes: UnsafeRawBufferPointer, elementSize: Int, into planes: UnsafeMutableRawBufferPointer
  ) {
    precondition(bytes.count == planes.count && bytes.count.isMultiple(of: elementSize))
    guard let source = bytes.baseAddress, let target = planes.baseAddress else { return }
    let count = bytes.count / elementSize
    for plane in 0..<elementSize {
      let from = (source + plane).assumingMemoryBound(to: UInt8.self)
      let to = (target + plane &* count).assumingMemoryBound(to: UInt8.self)
      for index in 0..<count { to[index] = from[index &* elementSize] }
    }
  }

  /// The inverse of `split`.
  static func join(
    _ planes: UnsafeRawBufferPointer, elementSize: Int, into bytes: UnsafeMutableRawBufferPointer
  ) {
    precondition(bytes.count == planes.count && bytes.count.isMultiple(of: elementSize))
    guard let source = planes.baseAddress, let target = bytes.baseAddress else { return }
    let count = bytes.count / elementSize
    switch elementSize {
    // Whole elements at a time, which the compiler turns into vector code.
    case 2: join16(source, count, into: target)
    case 4: join32(source, count, into: target)
    default:
      for plane in 0..<elementSize {
        let from = (source + plane &* count).assumingMemoryBound(to: UInt8.self)
        let to = (target + plane).assumingMemoryBound(to: UInt8.self)
        for index in 0..<count { to[index &* elementSize] = from[index] }
      }
    }
  }

  private static func join16(
    _ source: UnsafeRawPointer, _ count: Int, into target: UnsafeMutableRawPointer
  ) {
    let low = source.assumingMemoryBound(to: UInt8.self)
    let high = low + count
    for index in 0..<count {
      let value = UInt16(low[index]) | UInt16(high[index]) << 8
      target.storeBytes(of: value, toByteOffset: index &* 2, as: UInt16.self)
    }
  }

  private static func join32(
    _ source: UnsafeRawPointer, _ count: Int, into target: UnsafeMutableRawPointer
  ) {
    let p0 = source.assumingMemoryBound(to: UInt8.self)
    let (p1, p2, p3) = (p0 + count, p0 + 2 &* count, p0 + 3 &* count)
    for index in 0..<count {
      let low = UInt32(p0[index]) | UInt32(p1[index]) << 8
      let value = low | UInt32(p2[index]) << 16 | UInt32(p3[index]) << 24
      target.storeBytes(of: value, toByteOffset: index &* 4, as: UInt32.self)
    }
  }
}
