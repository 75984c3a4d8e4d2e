import ArgumentParser
import MosaicAllocation
import MosaicCodegen
import MosaicCore

/// Which levers a plan may use, and how much is measured for it.
struct LeverArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What may save work: prune, reuse (branches taken from earlier steps), steps (whole steps), "
        + "with commas, or all. (default: prune)", valueName: "levers"))
  var levers: LeverList?

  @Option(
    help:
      "How a plan's moves are measured: quick, or full for small networks. (default: quick)")
  var probe: ProbeKind?

  func validate() throws {
    if probe != nil, levers?.levers ?? .plain == .plain {
      throw ValidationError("--probe needs --levers with reuse or steps.")
    }
  }

  var options: (levers: Levers, probe: PlanSearch.Effort) {
    (levers?.levers ?? .plain, (probe ?? .quick).effort)
  }

  /// Normal form; nothing for the default.
  var arguments: [String] {
    let levers = levers?.levers ?? .plain
    guard levers != .plain else { return [] }
    return ["--levers", levers.listed, "--probe", (probe ?? .quick).rawValue]
  }
}

/// `--probe`.
enum ProbeKind: String, ExpressibleByArgument, CaseIterable {
  case quick
  case full

  var effort: PlanSearch.Effort {
    switch self {
    case .quick: .quick
    case .full: .full
    }
  }
}

/// `--levers`.
struct LeverList: ExpressibleByArgument {
  var levers: Levers

  init?(argument: String) {
    if argument == "all" {
      levers = .all
      return
    }
    levers = []
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let lever = Lever(rawValue: String(word)) else { return nil }
      levers.insert(lever)
    }
  }

  static var allValueStrings: [String] { Lever.allCases.map(\.rawValue) + ["all"] }
  static var completionKind: CompletionKind { .list(allValueStrings) }
}
