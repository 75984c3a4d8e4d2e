/// Protobuf messages written field by field, right ones and wrong ones.
public struct WireMessage: Sendable {
  public var bytes: [UInt8] = []

  public init() {}

  public init(_ fields: [WireMessage]) { bytes = fields.flatMap(\.bytes) }

  public static func + (a: WireMessage, b: WireMessage) -> WireMessage { WireMessage([a, b]) }

  private init(tag number: Int, _ type: Int, _ content: [UInt8]) {
    bytes = Self.varint(UInt64(number << 3 | type)) + content
  }

  public static func integer(_ number: Int, _ value: Int) -> WireMessage {
    WireMessage(tag: number, 0, varint(UInt64(bitPattern: Int64(value))))
  }

  public static func float(_ number: Int, _ value: Float) -> WireMessage {
    WireMessage(tag: number, 5, littleEndian(value.bitPattern))
  }

  public static func data(_ number: Int, _ content: [UInt8]) -> WireMessage {
    WireMessage(tag: number, 2, varint(UInt64(content.count)) + content)
  }

  public static func text(_ number: Int, _ text: String) -> WireMessage {
    data(number, Array(text.utf8))
  }

  public static func message(_ number: Int, _ message: WireMessage) -> WireMessage {
    data(number, message.bytes)
  }

  public static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}

/// The bytes of a number in a file.
public func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
