public import CMosaic
internal import MosaicCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A call is not as `mosaic.h` asks.
enum CallError: MosaicError {
  case null(String)
  case structSize(String, expected: Int, found: Int)
  case outOfRange(String, String)
  case elements(String, expected: Int, found: Int)
  case closed(UInt64)
  case noInstructions(String)
  case reentered
  case cancelled

  var description: String {
    switch self {
    case .null(let name): "'\(name)' is null"
    case .structSize(let name, let expected, let found):
      "'\(name)' has size \(found), and this library knows \(expected); set its 'size' to sizeof, "
        + "and use the header of this library"
    case .outOfRange(let name, let expected): "'\(name)' must be \(expected)"
    case .elements(let name, let expected, let found):
      "'\(name)' must have room for \(expected) floats, found \(found)"
    case .closed(let handle): "\(handle) is no open model; it was closed, or never opened"
    case .noInstructions(let precision):
      "this processor has no instructions for products in \(precision); open with 'precision' 0"
    case .reentered: "a callback called with the model that calls it; call after it has returned"
    case .cancelled: "the callback ended the call"
    }
  }

  var exitStatus: ExitStatus {
    switch self {
    case .null, .structSize, .outOfRange, .elements, .closed, .reentered: .usage
    case .noInstructions: .unsupported
    case .cancelled: .interrupted
    }
  }
}

/// Runs a call's work: what it throws becomes a code and a text.
func answering(
  _ error: UnsafeMutablePointer<mosaic_error>?, _ work: () throws -> Void
) -> Int32 {
  do {
    try work()
    error?.fill(code: 0, text: "")
    return 0
  } catch let failure as any MosaicError {
    error?.fill(code: failure.exitStatus.rawValue, text: failure.description)
    return failure.exitStatus.rawValue
  } catch let failure {
    error?.fill(
      code: ExitStatus.internalError.rawValue, text: "internal error: \(failure)")
    return ExitStatus.internalError.rawValue
  }
}

extension UnsafeMutablePointer<mosaic_error> {
  fileprivate func fill(code: Int32, text: String) {
    pointee.code = code
    withUnsafeMutableBytes(of: &pointee.text) { room in
      var length = min(text.utf8.count, room.count - 1)
      let bytes = Array(text.utf8)
      // A cut falls between characters.
      while length < bytes.count, length > 0, bytes[length] & 0xC0 == 0x80 { length -= 1 }
      room.copyBytes(from: bytes.prefix(length))
      room[length] = 0
    }
  }
}
