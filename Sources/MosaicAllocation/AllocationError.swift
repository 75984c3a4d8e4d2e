public import MosaicCore

/// A schedule cannot be made from what was asked or measured.
public enum AllocationError: MosaicError, Equatable {
  /// The budget is not a share of the dense cost in (0, 1].
  case budgetOutOfRange(Double)
  /// Even the largest sparsity everywhere leaves more than the budget.
  case unreachableBudget(asked: Double, least: Double)
  /// The budget is no amount of its unit.
  case badBudget(Budget)
  /// Nothing within the limits keeps the budget; `least` is what can be asked for, in its unit.
  case unreachable(asked: Budget, least: Budget)
  /// Nobody measured costs in the budget's unit.
  case missingCosts(Budget)
  /// Schedules of this kind are not made by solving, and nobody gave what they are made from.
  case unavailableKind(SparsitySchedule.Kind)
  /// Nobody measured the bundle's bytes, against which ranges are weighed.
  case missingSize
  /// A schedule needs at least one range, and at most one for each place a range may begin.
  case rangeCount(asked: Int, available: Int, steps: Int)
  /// The sparsities allowed are not 0 <= lowest <= highest <= 1.
  case sparsityLimits(lowest: Double, highest: Double)
  /// Plans that use these levers are solved for a share of the dense cost, or for an error.
  case leversNeedMacsOrError(String)
  /// Two per-step inputs disagree on the number of steps.
  case stepCount(what: String, expected: Int, found: Int)
  /// A measured or computed input is not what its definition allows.
  case badMeasurement(what: String, problem: String)

  public var exitStatus: ExitStatus {
    switch self {
    case .budgetOutOfRange, .unreachableBudget, .badBudget, .unreachable, .missingCosts,
      .missingSize, .rangeCount, .sparsityLimits, .leversNeedMacsOrError:
      .usage
    case .stepCount, .badMeasurement: .badData
    case .unavailableKind: .unsupported
    }
  }

  public var description: String {
    switch self {
    case .budgetOutOfRange(let budget):
      "budget \(budget) is not a share of the dense cost; give a number above 0 and at most 1"
    case .unreachableBudget(let asked, let least):
      "budget \(asked) is out of reach: the largest sparsity at every step still costs "
        + "\(roundedUp(least)) of the dense run; ask for \(roundedUp(least)) or more"
    case .badBudget(let budget):
      "\(budget.text) cannot be kept; give a finite number above 0"
    case .unreachable(let asked, let least):
      "\(asked.text) is out of reach: \(advice(least))"
    case .missingCosts(let budget):
      "\(budget.text) needs costs in its unit, and there are none; measure them or give "
        + "a share of the dense cost"
    case .unavailableKind(let kind):
      "a schedule of kind '\(kind.rawValue)' cannot be made here; ask for solved, uniform or paper"
    case .missingSize:
      "the number of ranges is weighed against the bundle's bytes, and those are not known; give a "
        + "number of ranges"
    case .rangeCount(let asked, let available, let steps):
      "\(asked) step ranges were asked for, but \(steps) sampling steps measured in \(available) "
        + "buckets have \(available) at most; ask for 1 to \(available)"
    case .sparsityLimits(let lowest, let highest):
      "sparsities from \(lowest) to \(highest) were allowed; give limits with "
        + "0 <= lowest <= highest <= 1"
    case .leversNeedMacsOrError(let levers):
      "plans with the levers \(levers) are solved for a share of the dense cost or for an error; give "
        + "--budget or --max-error, or --levers prune"
    case .stepCount(let what, let expected, let found):
      "\(what): expected \(expected) values, one for each sampling step, found \(found); "
        + "measure all of them on the same trajectory"
    case .badMeasurement(let what, let problem):
      "\(what): \(problem); measure the sensitivity again"
    }
  }
}

/// What still has to be paid, rounded up: what the message advises must be reachable.
private func advice(_ least: Budget) -> String {
  switch least {
  case .macs(let share):
    return "the largest sparsity at every step still costs \(roundedUp(share)) of the dense run; "
      + "ask for \(roundedUp(share)) or more"
  case .milliseconds(let time):
    let text = significantAbove(time)
    return "the largest sparsity at every step still takes \(text) ms; ask for \(text) or more"
  case .bytes(let count):
    return "the largest sparsity in every range still takes \(count) bytes; ask for \(count) or "
      + "more, or for fewer ranges"
  case .error(let error):
    let text = significantAbove(error)
    return "the least sparsity at every step is predicted to leave \(text); ask for \(text) or more"
  }
}

/// Four significant digits, never below the value.
private func significantAbove(_ value: Double) -> String {
  guard value > 0, value.isFinite else { return "\(value)" }
  var unit = 1.0
  while value / unit >= 10_000 { unit *= 10 }
  while value / unit < 1000 { unit /= 10 }
  // A value that has four digits already must not move up for its own rounding error.
  return significant((value / unit - 1e-10).rounded(.up) * unit, 4)
}

/// `share` with four decimals, never below its value: what the message advises must be reachable.
private func roundedUp(_ share: Double) -> Double {
  guard share.isFinite else { return share }
  // A share that has four decimals already must not move up for its own rounding error.
  return min(1, (share * 1e4 - 1e-9).rounded(.up) / 1e4)
}
