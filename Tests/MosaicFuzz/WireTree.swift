/// A protobuf message taken apart without its schema: what parses as a message is taken as one.
struct WireTree {
  struct Field {
    var number: UInt64
    var content: Content
  }

  indirect enum Content {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes([UInt8])
    case message(WireTree)
  }

  var fields: [Field] = []

  /// Returns nil where the bytes are no message, or would not be written back the same.
  init?(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while !rest.isEmpty {
      guard let tag = Self.varint(&rest), tag >> 3 > 0, tag >> 3 < 64 else { return nil }
      let content: Content
      switch tag & 7 {
      case 0:
        guard let value = Self.varint(&rest) else { return nil }
        content = .varint(value)
      case 1:
        guard let value = Self.fixed(&rest, count: 8) else { return nil }
        content = .fixed64(value)
      case 5:
        guard let value = Self.fixed(&rest, count: 4) else { return nil }
        content = .fixed32(UInt32(value))
      case 2:
        guard let count = Self.varint(&rest), count <= rest.count else { return nil }
        let inner = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        if !inner.isEmpty, let message = WireTree(inner) {
          content = .message(message)
        } else {
          content = .bytes(Array(inner))
        }
      default: return nil
      }
      fields.append(Field(number: tag >> 3, content: content))
    }
    guard encoded.elementsEqual(bytes) else { return nil }
  }

  var encoded: [UInt8] {
    var result: [UInt8] = []
    append(to: &result)
    return result
  }

  private func append(to result: inout [UInt8]) {
    for field in fields {
      let tag = field.number << 3
      switch field.content {
      case .varint(let value):
        Self.append(tag, to: &result)
        Self.append(value, to: &result)
      case .fixed64(let value):
        Self.append(tag | 1, to: &result)
        withUnsafeBytes(of: value.littleEndian) { result.append(contentsOf: $0) }
      case .fixed32(let value):
        Self.append(tag | 5, to: &result)
        withUnsafeBytes(of: value.littleEndian) { result.append(contentsOf: $0) }
      case .bytes(let bytes):
        Self.append(tag | 2, to: &result)
        Self.append(UInt64(bytes.count), to: &result)
        result += bytes
      case .message(let message):
        let bytes = message.encoded
        Self.append(tag | 2, to: &result)
        Self.append(UInt64(bytes.count), to: &result)
        result += bytes
      }
    }
  }

  private static func append(_ value: UInt64, to result: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      result.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    result.append(UInt8(rest))
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for position in 0..<10 {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << UInt64(7 * position)
      if byte < 0x80 { return value }
    }
    return nil
  }

  private static func fixed(_ rest: inout ArraySlice<UInt8>, count: Int) -> UInt64? {
    guard rest.count >= count else { return nil }
    let value = rest.prefix(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(count)
    return value
  }
}

extension WireTree {
  /// Fields of this message and of those inside it.
  var count: Int {
    fields.reduce(fields.count) { sum, field in
      if case .message(let inner) = field.content { sum + inner.count } else { sum }
    }
  }

  /// Calls `body` with the list that holds the field of index `target`, depth first, and with the
  /// field's place in it.
  mutating func change(at target: Int, _ body: (inout [Field], Int) -> Void) {
    var left = target
    change(&left, body)
  }

  private mutating func change(_ left: inout Int, _ body: (inout [Field], Int) -> Void) {
    for index in fields.indices {
      if left == 0 {
        left = -1
        return body(&fields, index)
      }
      left -= 1
      if case .message(var inner) = fields[index].content {
        let size = inner.count
        guard left < size else {
          left -= size
          continue
        }
        inner.change(&left, body)
        fields[index].content = .message(inner)
        return
      }
    }
  }

  /// The field of that index.
  func field(at target: Int) -> Field? {
    var found: Field?
    var copy = self
    copy.change(at: target) { found = $0[$1] }
    return found
  }
}
