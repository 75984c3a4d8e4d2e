public import MosaicCore

/// A statistics file cannot be used, or not for this.
public struct StatisticsError: MosaicError, Equatable {
  public enum Reason: Error, Sendable, Equatable {
    case notStatistics
    case version(String)
    case field(String)
    case tensor(String, String)
    case damaged(String)
    /// Made with other settings, or from another checkpoint.
    case differs(field: String, found: String, expected: String)
    case otherFile(field: String, found: String, other: String, path: String)
    case incomplete(missing: [Range<Int>], leaves: Int)
    case overlap(Range<Int>, path: String)
    case criterion(found: String, asked: String)
  }

  public var path: String
  public var reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String {
    let name = printable(path, limit: 400)
    return switch reason {
    case .notStatistics:
      "\(name): is a safetensors file, but not statistics; make one by 'mosaic analyse'"
    case .version(let found):
      "\(name): statistics of version \(printable(found)), and this program reads version "
        + "\(StatisticsFile.version); analyse again"
    case .field(let field):
      "\(name): the field '\(printable(field))' is missing or has no usable value; analyse again"
    case .tensor(let tensor, let problem):
      "\(name): tensor '\(printable(tensor))' \(problem); analyse again"
    case .damaged(let tensor):
      "\(name): tensor '\(printable(tensor))' is not what was written (its checksum differs); "
        + "copy the file again, or analyse again"
    case .differs("checkpoint", let found, let expected):
      "\(name): statistics of another checkpoint (SHA-256 \(found.prefix(12))… instead of "
        + "\(expected.prefix(12))…); analyse this one, or give --transfer for a fine-tune of it"
    case .differs("network", _, _):
      "\(name): statistics of a network of another structure; analyse this one"
    case .differs("trajectory", _, _):
      "\(name): statistics of another sampler or noise schedule; give the same --scheduler and "
        + "--sampler, or analyse again"
    case .differs(let field, let found, let expected):
      "\(name): made with \(field) \(printable(found)), and \(printable(expected)) is asked for; "
        + "leave that out, or analyse again"
    case .otherFile(let field, let found, let other, let path):
      "\(name): made with \(field) \(printable(found)), but \(printable(path, limit: 400)) with "
        + "\(printable(other)); shards of one calibration have all settings in common"
    case .incomplete(let missing, let leaves):
      "\(name): holds a part of a calibration; \(missing.count) of its parts are missing (leaves "
        + missing.map { "\($0.lowerBound) to \($0.upperBound - 1)" }.joined(separator: ", ")
        + " of 0 to \(leaves - 1)); add their shards by 'mosaic merge'"
    case .overlap(let leaves, let other):
      "\(name): holds leaves \(leaves.lowerBound) to \(leaves.upperBound - 1), which "
        + "\(printable(other, limit: 400)) holds too; give each shard once"
    case .criterion(let found, let asked):
      "\(name): sensitivity was measured for criterion \(printable(found)), and \(asked) is asked "
        + "for; analyse with --criterion \(asked)"
    }
  }

  public var exitStatus: ExitStatus {
    if case .version = reason { return .unsupported }
    return .badData
  }
}
