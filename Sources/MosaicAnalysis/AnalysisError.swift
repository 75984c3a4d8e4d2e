public import MosaicCore

/// Calibration cannot be done as asked.
public enum AnalysisError: MosaicError, Equatable {
  case memory(needed: Int, limit: Int, group: String)
  case noGroups
  case samples(String, found: Int)

  public var description: String {
    switch self {
    case .memory(let needed, let limit, let group):
      "statistics of '\(printable(group))' need \(needed >> 20) MiB and --max-memory leaves "
        + "\(limit >> 20) MiB; raise it or ask for fewer buckets"
    case .noGroups: "the network has no group of units that could be pruned"
    case .samples(let what, let found): "\(what) must be 1 or more, found \(found)"
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .memory, .samples: .usage
    case .noGroups: .unsupported
    }
  }
}
