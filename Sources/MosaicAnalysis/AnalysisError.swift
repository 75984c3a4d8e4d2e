public import MosaicCore

/// Calibration cannot be done as asked.
public enum AnalysisError: MosaicError, Equatable {
  case memory(needed: Int, limit: Int, group: String)
  case noGroups
  case noForwards(steps: Int)
  case samples(String, found: Int)

  public var description: String {
    switch self {
    case .memory(let needed, let limit, let group):
      "statistics of '\(printable(group))' need \(byteText(needed)) and --max-memory leaves "
        + "\(byteText(limit)); raise it"
    case .noGroups: "the network has no group of units that could be pruned"
    case .noForwards(let steps):
      "with this scheduler a run of \(steps) step\(steps == 1 ? "" : "s") uses no output of the "
        + "network; ask for more --steps"
    case .samples(let what, let found): "\(what) must be 1 or more, found \(found)"
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .memory, .samples, .noForwards: .usage
    case .noGroups: .unsupported
    }
  }
}
