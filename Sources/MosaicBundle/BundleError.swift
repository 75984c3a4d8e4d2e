public import MosaicCore

/// A bundle cannot be read or written.
public struct BundleError: MosaicError, Equatable {
  public enum Reason: Error, Equatable {
    case file(FileError)
    /// The file does not start as a bundle does.
    case magic
    /// It starts as one that went through a text conversion or a 7-bit channel.
    case mangled
    case truncated(section: String, needs: Int, left: Int)
    case trailing(bytes: Int)
    case version(found: UInt32, supported: ClosedRange<UInt32>)
    case feature(bit: Int)
    case checksum(section: String)
    case wire(WireError)
    /// A part of the file contradicts another or the format.
    case inconsistent(section: String, problem: String)
    case limit(what: String, value: Int, limit: Int)
    /// Written by a newer mosaic: an operation, codec, data type... this reader does not know.
    case unsupported(kind: String, name: String, place: String)
    case unknownProgram(variant: String, what: String)
    case program(variant: String, ProgramError)
    case memory(what: String, needs: Int, limit: Int)
  }

  public var path: String
  public var reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String {
    if case .file(let error) = reason { return error.description }
    return "\(printable(path)): \(text)"
  }

  private var text: String {
    switch reason {
    case .file(let error): error.description
    case .magic:
      "is not a mosaic bundle; write one with 'mosaic convert'"
    case .mangled:
      "was changed by a text-mode transfer; copy it again in binary mode"
    case .truncated(let section, let needs, let left):
      "\(section) needs \(needs) bytes but \(left) are left; copy or convert it again"
    case .trailing(let bytes):
      "has \(bytes) bytes after its end; copy or convert it again"
    case .version(let found, let supported):
      "format \(found) is outside \(supported.lowerBound)...\(supported.upperBound), which this "
        + "mosaic reads; use a newer one"
    case .feature(let bit):
      "needs feature bit \(bit), which this mosaic does not know; use a newer one"
    case .checksum(let section):
      "\(section) does not match its checksum; copy or convert it again"
    case .wire(let error):
      "manifest: \(error); copy or convert it again"
    case .inconsistent(let section, let problem):
      "\(section): \(problem); convert it again"
    case .limit(let what, let value, let limit):
      "\(what) is \(value), more than the format's \(limit); convert it again"
    case .unsupported(let kind, let name, let place):
      "\(place): \(kind) '\(printable(name))' is unknown to this mosaic; use a newer one"
    case .unknownProgram(let variant, let what):
      "variant '\(printable(variant))': \(what) is unknown to this mosaic; use a newer one"
    case .program(let variant, let error):
      "variant '\(printable(variant))': \(error); convert it again"
    case .memory(let what, let needs, let limit):
      "\(what) needs \(needs) bytes of memory but \(limit) are allowed; raise the limit"
    }
  }

  public var exitStatus: ExitStatus {
    switch reason {
    case .file(let error): error.exitStatus
    case .version, .feature, .unsupported, .unknownProgram, .memory: .unsupported
    case .magic, .mangled, .truncated, .trailing, .checksum, .wire, .inconsistent, .limit,
      .program:
      .badData
    }
  }
}
