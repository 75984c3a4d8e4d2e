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
  /// What `condensed` changes, messages after what is inside them.
  private var edits: [Edit] = []

  init(payloads: [Payload], unpackedSize: Int) {
    self.payloads = payloads
    self.unpackedSize = unpackedSize
  }
}

// MARK: Condensing

extension WireScan {
  /// Bytes of the document that become others.
  private struct Edit: Sendable, Equatable {
    enum Replacement: Sendable, Equatable {
      case nothing
      case length(Int)
      case payload(number: Int)
    }

    var range: Range<Int>
    var replacement: Replacement
  }

  private static let payloadSize = 8

  /// Returns the document without what its decoder has no use for: unknown fields are left out, and
  /// the content of each payload that is bytes becomes its place in `payloads`, a little-endian
  /// `UInt64`.
  ///
  /// - Parameter bytes: The document that was scanned.
  public func condensed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var result: [UInt8] = []
    var end = 0
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      result += bytes[end..<edit.range.lowerBound]
      end = edit.range.upperBound
      switch edit.replacement {
      case .nothing: break
      case .length(let length): result.appendVarint(UInt64(length))
      case .payload(let number):
        result.appendVarint(UInt64(Self.payloadSize))
        withUnsafeBytes(of: UInt64(number).littleEndian) { result.append(contentsOf: $0) }
      }
    }
    result += bytes[end...]
    return result
  }

  /// Each returns by how many bytes the message around it becomes shorter.
  mutating func omit(_ field: Range<Int>) -> Int {
    edits.append(Edit(range: field, replacement: .nothing))
    return field.count
  }

  /// - Parameter payload: Length and content of the last of `payloads`.
  mutating func replace(_ payload: Range<Int>) -> Int {
    edits.append(Edit(range: payload, replacement: .payload(number: payloads.count - 1)))
    return payload.count - (Self.payloadSize + varintSize(UInt64(Self.payloadSize)))
  }

  mutating func close(_ frame: WireFrame) -> Int {
    guard frame.shrinkage != 0 else { return 0 }
    let length = frame.end - frame.start - frame.shrinkage
    let range = frame.lengthStart..<frame.start
    edits.append(Edit(range: range, replacement: .length(length)))
    return frame.shrinkage + range.count - varintSize(UInt64(length))
  }
}

private func varintSize(_ value: UInt64) -> Int {
  max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7)
}

extension [UInt8] {
  fileprivate mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}
