internal import CMosaicSIMD

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
    let (source, target) = (bytes.bindMemory(to: UInt8.self), planes.bindMemory(to: UInt8.self))
    let count = bytes.count / elementSize
    switch elementSize {
    case 2: mosaic_split_planes2(source.baseAddress, target.baseAddress, count)
    case 4: mosaic_split_planes4(source.baseAddress, target.baseAddress, count)
    default:
      for plane in 0..<elementSize {
        for index in 0..<count {
          target[plane &* count &+ index] = source[index &* elementSize &+ plane]
        }
      }
    }
  }

  /// The inverse of `split`, from planes that may lie apart.
  ///
  /// - Precondition: As many planes as an element has bytes, each with a byte an element.
  static func join(_ planes: [UnsafeRawBufferPointer], into bytes: UnsafeMutableRawBufferPointer) {
    let elementSize = planes.count
    let count = elementSize > 0 ? bytes.count / elementSize : 0
    precondition(
      bytes.count == count * elementSize && planes.allSatisfy { $0.count == count })
    let target = bytes.bindMemory(to: UInt8.self)
    let sources = planes.map { $0.bindMemory(to: UInt8.self).baseAddress }
    switch elementSize {
    case 2: mosaic_join_planes2(sources, target.baseAddress, count)
    case 4: mosaic_join_planes4(sources, target.baseAddress, count)
    default:
      for (plane, source) in planes.enumerated() {
        for index in 0..<count { target[index &* elementSize &+ plane] = source[index] }
      }
    }
  }
}
