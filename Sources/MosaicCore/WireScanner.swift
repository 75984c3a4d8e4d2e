/// Checks protobuf bytes from a stranger before a decoder sees them.
///
/// Decoders differ in what they tolerate: protobuf-c follows nesting as deep as the stack goes,
/// cuts strings at NUL, takes any bytes as text and merges a message given twice. The scanner walks
/// the wire format without recursion and refuses all of these, so that what is left means the same
/// to every decoder. It also adds up what unpacking will allocate, and reports where the payloads
/// lie, so that large ones need not be copied.
///
/// Source: protobuf.dev/programming-guides/encoding.
public struct WireScanner: Sendable {
  public struct Limits: Sendable {
    /// Messages inside messages, the document counted as 1.
    public var depth: Int
    /// Bytes the unpacked document may take.
    public var unpackedSize: Int

    public init(depth: Int = 16, unpackedSize: Int = 512 << 20) {
      self.depth = depth
      self.unpackedSize = unpackedSize
    }
  }

  public let schema: WireSchema
  public let limits: Limits

  public init(schema: WireSchema, limits: Limits = Limits()) {
    self.schema = schema
    self.limits = limits
  }

  /// - Returns: The payloads in the order they lie in, and an upper bound of the memory that
  ///   unpacking takes.
  /// - Throws: `WireError` at the first byte that breaks a rule.
  public func scan(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> WireScan {
    var cursor = WireCursor(bytes: bytes)
    var result = WireScan(payloads: [], unpackedSize: schema.messages[0].unpackedSize)
    var open = [Frame(message: 0, start: 0, end: bytes.count)]
    while let frame = open.last {
      if cursor.offset == frame.end {
        open.removeLast()
        continue
      }
      let start = cursor.offset
      let tag = try cursor.tag(before: frame.end)
      let message = schema.messages[frame.message]
      guard let index = message.fields.firstIndex(where: { $0.number == tag.number }) else {
        _ = try cursor.skip(tag, before: frame.end)
        continue
      }
      let field = message.fields[index]
      // Spelled out for an error only: there are millions of fields.
      var name: String { "\(message.name).\(field.name)" }
      if !field.isRepeated {
        guard frame.seen & (1 << UInt64(index)) == 0 else {
          throw WireError(offset: start, reason: .duplicate(field: name))
        }
        open[open.count - 1].seen |= 1 << UInt64(index)
      }
      let isPacked = tag.type == .length && field.kind.isScalar && field.isRepeated
      guard tag.type == field.kind.wireType || isPacked else {
        throw WireError(offset: start, reason: .wireType(field: name, found: tag.type.rawValue))
      }

      let content = try cursor.skip(tag, before: frame.end)
      if field.isPayload {
        result.payloads.append(
          .init(message: frame.message, messageStart: frame.start, field: index, range: content))
      }
      // A decoder's record of the field, its pointer or value, and what the allocator adds.
      var cost = 64
      switch field.kind {
      case .message(let inner):
        guard open.count < limits.depth else {
          throw WireError(offset: start, reason: .depth(limit: limits.depth))
        }
        cost += schema.messages[inner].unpackedSize
        cursor.offset = content.lowerBound
        open.append(Frame(message: inner, start: content.lowerBound, end: content.upperBound))
      case .string:
        cost += content.count + 1
        try checkText(bytes, content, field: name)
      case .bytes:
        cost += content.count
      case .varint, .fixed32, .fixed64:
        if isPacked { cost += 8 * (try packedCount(field.kind, bytes, content, field: name)) }
      }
      result.unpackedSize += cost
      guard result.unpackedSize <= limits.unpackedSize else {
        throw WireError(offset: start, reason: .size(limit: limits.unpackedSize))
      }
    }
    return result
  }

  private struct Frame {
    var message: Int
    var start: Int
    var end: Int
    var seen: UInt64 = 0
  }

  private func checkText(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, field: @autoclosure () -> String
  ) throws(WireError) {
    let text = UnsafeRawBufferPointer(rebasing: bytes[range])
    if let place = text.firstIndex(of: 0) {
      throw WireError(offset: range.lowerBound + place, reason: .nul(field: field()))
    }
    guard String(validating: text, as: UTF8.self) != nil else {
      throw WireError(offset: range.lowerBound, reason: .utf8(field: field()))
    }
  }

  private func packedCount(
    _ kind: WireSchema.Kind, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>,
    field: @autoclosure () -> String
  ) throws(WireError) -> Int {
    if kind == .varint {
      var cursor = WireCursor(bytes: bytes, offset: range.lowerBound)
      var count = 0
      while cursor.offset < range.upperBound {
        _ = try cursor.varint(before: range.upperBound)
        count += 1
      }
      return count
    }
    let width = kind == .fixed32 ? 4 : 8
    guard range.count.isMultiple(of: width) else {
      throw WireError(
        offset: range.lowerBound, reason: .packedSize(field: field(), count: range.count))
    }
    return range.count / width
  }
}

/// What a `WireScanner` found.
public struct WireScan: Sendable, Equatable {
  public struct Payload: Sendable, Equatable {
    /// Index into `WireSchema.messages` of the message that holds the field.
    public var message: Int
    /// Offset of that message's content, which tells two messages of a kind apart.
    public var messageStart: Int
    /// Index into `WireSchema.Message.fields`.
    public var field: Int
    /// Bytes of the field's content.
    public var range: Range<Int>
  }

  public var payloads: [Payload]
  public var unpackedSize: Int
}

extension WireSchema.Kind {
  fileprivate var isScalar: Bool {
    switch self {
    case .varint, .fixed32, .fixed64: true
    case .string, .bytes, .message: false
    }
  }

  fileprivate var wireType: WireCursor.WireType {
    switch self {
    case .varint: .varint
    case .fixed32: .fixed32
    case .fixed64: .fixed64
    case .string, .bytes, .message: .length
    }
  }
}
