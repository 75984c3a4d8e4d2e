/// The messages and fields of a protobuf schema that a `WireScanner` knows.
///
/// Fields that are not listed are skipped whole, whatever they hold.
public struct WireSchema: Sendable {
  public enum Kind: Sendable, Equatable {
    /// Integers, booleans and enumerations, zigzag or not.
    case varint
    case fixed32
    case fixed64
    /// UTF-8 without NUL.
    case string
    case bytes
    /// Index into `messages`.
    case message(Int)
  }

  public struct Field: Sendable {
    public var number: Int
    public var name: String
    public var kind: Kind
    public var isRepeated: Bool
    /// Where the field's content lies is reported.
    public var isPayload: Bool

    public init(
      _ number: Int, _ name: String, _ kind: Kind, isRepeated: Bool = false,
      isPayload: Bool = false
    ) {
      self.number = number
      self.name = name
      self.kind = kind
      self.isRepeated = isRepeated
      self.isPayload = isPayload
    }
  }

  public struct Message: Sendable {
    public var name: String
    public var fields: [Field]
    /// Bytes one such message takes once unpacked, what it points to not counted.
    public var unpackedSize: Int

    /// - Precondition: At most 64 fields, so that the singular ones seen fit a word.
    public init(_ name: String, unpackedSize: Int = 64, fields: [Field]) {
      precondition(fields.count <= 64)
      self.name = name
      self.fields = fields
      self.unpackedSize = unpackedSize
    }
  }

  /// The first is the document itself.
  public var messages: [Message]

  public init(_ messages: [Message]) {
    self.messages = messages
  }
}
