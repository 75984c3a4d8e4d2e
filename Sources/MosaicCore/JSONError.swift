/// Bytes are not the JSON this reader takes.
public struct JSONError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case byteOrderMark
    case expected(String)
    case trailingBytes
    case number
    case unknownWord
    case controlCharacter
    case escape
    case loneSurrogate
    case encoding
    case duplicateKey(String)
    case tooDeep(limit: Int)
    case tooMany(limit: Int)
  }

  /// Of the first byte that is wrong, or of the value that holds it.
  public var offset: Int
  public var reason: Reason

  public var description: String {
    let what =
      switch reason {
      case .byteOrderMark: "a byte order mark is not allowed"
      case .expected(let token): "expected \(token)"
      case .trailingBytes: "something follows the value"
      case .number: "not a number by JSON's grammar"
      case .unknownWord: "expected a value"
      case .controlCharacter: "control character inside a string"
      case .escape: "unknown escape sequence"
      case .loneSurrogate: "half a surrogate pair"
      case .encoding: "string is not valid UTF-8"
      case .duplicateKey(let key): "key '\(printable(key))' is there twice"
      case .tooDeep(let limit): "nested deeper than \(limit)"
      case .tooMany(let limit): "more than \(limit) values"
      }
    return "invalid JSON at byte \(offset): \(what)"
  }

  public var exitStatus: ExitStatus { .badData }
}
