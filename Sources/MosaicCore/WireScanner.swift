/// Checks protobuf bytes from a stranger before a decoder sees them.
///
/// Decoders differ in what they tolerate: protobuf-c follows nesting as deep as the stack goes,
/// cuts strings at NUL, takes any bytes as text and merges a message given twice. The scanner walks
/// the wire format without recursion and refuses all of these, so that what is left means the same
/// to every decoder. It also adds up what unpacking will allocate, and reports where the payloads
/// lie, so that large ones need not be copied: `WireScan.condensed` leaves them out.
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
  ///   unpacking takes, payloads that are bytes not counted: their decoder takes the condensed
  ///   document.
  /// - Throws: `WireError` at the first byte that breaks a rule.
  public func scan(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> WireScan {
    var cursor = WireCursor(bytes: bytes)
    var result = WireScan(payloads: [], unpackedSize: schema.messages[0].unpackedSize)
    var open = [WireFrame(message: 0, lengthStart: 0, start: 0, end: bytes.count)]
    while let frame = open.last {
      if cursor.offset == frame.end {
        open.removeLast()
        if let outer = open.indices.last { open[outer].shrinkage += result.close(frame) }
        continue
      }
      let start = cursor.offset
      let tag = try cursor.tag(before: frame.end)
      let message = schema.messages[frame.message]
      guard let index = message.fields.firstIndex(where: { $0.number == tag.number }) else {
        _ = try cursor.skip(tag, before: frame.end)
        open[open.count - 1].shrinkage += result.omit(start..<cursor.offset)
        try add(fieldCost, to: &result, at: start)
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

      let lengthStart = cursor.offset
      let content = try cursor.skip(tag, before: frame.end)
      if field.isPayload {
        result.payloads.append(
          .init(message: frame.message, messageStart: frame.start, field: index, range: content))
      }
      var cost = fieldCost
      switch field.kind {
      case .message(let inner):
        guard open.count < limits.depth else {
          throw WireError(offset: start, reason: .depth(limit: limits.depth))
        }
        cost += schema.messages[inner].unpackedSize
        cursor.offset = content.lowerBound
        open.append(
          WireFrame(
            message: inner, lengthStart: lengthStart, start: content.lowerBound,
            end: content.upperBound))
      case .string:
        cost += content.count + 1
        try checkText(bytes, content, field: name)
      case .bytes where field.isPayload:
        open[open.count - 1].shrinkage += result.replace(lengthStart..<content.upperBound)
      case .bytes:
        cost += content.count
      case .varint, .fixed32, .fixed64:
        if isPacked { cost += 8 * (try packedCount(field.kind, bytes, content, field: name)) }
      }
      try add(cost, to: &result, at: start)
    }
    return result
  }

  /// A decoder's record of a field, its pointer or value, and what the allocator adds.
  private var fieldCost: Int { 64 }

  private func add(_ cost: Int, to result: inout WireScan, at offset: Int) throws(WireError) {
    result.unpackedSize += cost
    guard result.unpackedSize <= limits.unpackedSize else {
      throw WireError(offset: offset, reason: .size(limit: limits.unpackedSize))
    }
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

/// A message that the scanner is inside of.
struct WireFrame {
  var message: Int
  /// Where the length before its content starts.
  var lengthStart: Int
  var start: Int
  var end: Int
  var seen: UInt64 = 0
  /// Bytes by which its content is shorter once condensed.
  var shrinkage = 0
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
