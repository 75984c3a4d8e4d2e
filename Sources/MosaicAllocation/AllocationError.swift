import MosaicCore

/// A schedule cannot be made from what was asked or measured.
public enum AllocationError: MosaicError, Equatable {
  /// The budget is not a share of the dense cost in (0, 1].
  case budgetOutOfRange(Double)
  /// Even the largest sparsity everywhere leaves more than the budget.
  case unreachableBudget(asked: Double, least: Double)
  /// A schedule needs at least one range, and at most one for each place a range may begin.
  case rangeCount(asked: Int, available: Int, steps: Int)
  /// The sparsities allowed are not 0 <= lowest <= highest <= 1.
  case sparsityLimits(lowest: Double, highest: Double)
  /// Two per-step inputs disagree on the number of steps.
  case stepCount(what: String, expected: Int, found: Int)
  /// A measured or computed input is not what its definition allows.
  case badMeasurement(what: String, problem: String)

  public var exitStatus: ExitStatus {
    switch self {
    case .budgetOutOfRange, .unreachableBudget, .rangeCount, .sparsityLimits: .usage
    case .stepCount, .badMeasurement: .badData
    }
  }

  public var description: String {
    switch self {
    case .budgetOutOfRange(let budget):
      "budget \(budget) is not a share of the dense cost; give a number above 0 and at most 1"
    case .unreachableBudget(let asked, let least):
      "budget \(asked) is out of reach: the largest sparsity at every step still costs "
        + "\(roundedUp(least)) of the dense run; ask for \(roundedUp(least)) or more"
    case .rangeCount(let asked, let available, let steps):
      "\(asked) step ranges were asked for, but \(steps) sampling steps measured in \(available) "
        + "buckets have \(available) at most; ask for 1 to \(available)"
    case .sparsityLimits(let lowest, let highest):
      "sparsities from \(lowest) to \(highest) were allowed; give limits with "
        + "0 <= lowest <= highest <= 1"
    case .stepCount(let what, let expected, let found):
      "\(what): expected \(expected) values, one for each sampling step, found \(found); "
        + "measure all of them on the same trajectory"
    case .badMeasurement(let what, let problem):
      "\(what): \(problem); measure the sensitivity again"
    }
  }
}

/// `share` with four decimals, never below its value: what the message advises must be reachable.
private func roundedUp(_ share: Double) -> Double {
  guard share.isFinite else { return share }
  // A share that has four decimals already must not move up for its own rounding error.
  return min(1, (share * 1e4 - 1e-9).rounded(.up) / 1e4)
}
