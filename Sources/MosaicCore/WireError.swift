/// Protobuf bytes break a rule of the wire format, or one that every decoder must agree on.
///
/// The layer that knows the file adds its name.
public struct WireError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case truncated
    case longVarint
    case fieldNumber(UInt64)
    case group
    case badType(Int)
    case length(needs: UInt64, left: Int)
    case wireType(field: String, found: Int)
    case duplicate(field: String)
    case utf8(field: String)
    case nul(field: String)
    case packedSize(field: String, count: Int)
    case depth(limit: Int)
    case size(limit: Int)
  }

  /// Of the byte in the scanned document.
  public var offset: Int
  public var reason: Reason

  public init(offset: Int, reason: Reason) {
    self.offset = offset
    self.reason = reason
  }

  public var description: String {
    let what =
      switch reason {
      case .truncated: "an integer is cut off"
      case .longVarint: "an integer is longer than 64 bits"
      case .fieldNumber(let number): "field number \(number) does not exist"
      case .group: "groups are not supported"
      case .badType(let type): "wire type \(type) does not exist"
      case .length(let needs, let left): "a field needs \(needs) bytes but \(left) are left"
      case .wireType(let field, let found): "\(field) has the wrong wire type \(found)"
      case .duplicate(let field): "\(field) is given twice"
      case .utf8(let field): "\(field) is not UTF-8"
      case .nul(let field): "\(field) holds a NUL character"
      case .packedSize(let field, let count):
        "\(field) has \(count) bytes, no whole number of values"
      case .depth(let limit): "messages are nested deeper than \(limit)"
      case .size(let limit): "unpacking would take more than \(limit) bytes"
      }
    return "\(what), at byte \(offset)"
  }

  public var exitStatus: ExitStatus { .badData }
}
