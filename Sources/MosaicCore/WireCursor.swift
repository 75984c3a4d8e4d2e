/// A place in protobuf bytes, moved forward a field at a time and never past an end.
struct WireCursor {
  enum WireType: Int {
    case varint = 0
    case fixed64 = 1
    case length = 2
    case fixed32 = 5
  }

  struct Tag {
    var number: Int
    var type: WireType
  }

  let bytes: UnsafeRawBufferPointer
  var offset: Int

  init(bytes: UnsafeRawBufferPointer, offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  /// Reads at most ten bytes, the tenth of which has one bit left to give.
  mutating func varint(before end: Int) throws(WireError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for position in 0..<10 {
      guard offset < end else { throw WireError(offset: start, reason: .truncated) }
      let byte = bytes[offset]
      offset += 1
      guard position < 9 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << UInt64(7 * position)
      if byte < 0x80 { return value }
    }
    throw WireError(offset: start, reason: .longVarint)
  }

  mutating func tag(before end: Int) throws(WireError) -> Tag {
    let start = offset
    let value = try varint(before: end)
    let (number, type) = (value >> 3, Int(value & 7))
    // Field numbers have 29 bits.
    guard number > 0, number < 1 << 29 else {
      throw WireError(offset: start, reason: .fieldNumber(number))
    }
    guard let wireType = WireType(rawValue: type) else {
      throw WireError(offset: start, reason: type == 3 || type == 4 ? .group : .badType(type))
    }
    return Tag(number: Int(number), type: wireType)
  }

  /// Passes a field's content and returns where it lies; of a length-delimited field, what
  /// follows the length.
  mutating func skip(_ tag: Tag, before end: Int) throws(WireError) -> Range<Int> {
    let start = offset
    let count: UInt64
    switch tag.type {
    case .varint:
      _ = try varint(before: end)
      return start..<offset
    case .fixed32: count = 4
    case .fixed64: count = 8
    case .length: count = try varint(before: end)
    }
    guard count <= UInt64(end - offset) else {
      throw WireError(offset: start, reason: .length(needs: count, left: end - offset))
    }
    let content = offset..<offset + Int(count)
    offset = content.upperBound
    return content
  }
}
