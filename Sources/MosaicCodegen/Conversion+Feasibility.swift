internal import MosaicAllocation
internal import MosaicAnalysis

extension Conversion {
  /// Refuses, before minutes of measuring, what no measurement could allow: more ranges than there
  /// are places for, or a budget that the largest sparsity does not reach.
  func checkFeasibility(of subject: CalibrationSubject) throws(AllocationError) {
    let allocation = options.allocation
    try allocation.budget.validate()
    let levels = subject.options.levels
    let steps = subject.trajectory.steps.count
    let unmeasured = try ErrorModel(
      levels: levels,
      amplitudes: Array(repeating: levels.map { _ in 0 }, count: steps),
      correlation: Array(repeating: 0, count: steps * steps))
    let request = AllocationRequest(
      model: unmeasured,
      costs: try subject.costs(latency: allocation.latency, storedAs: options.dataType),
      budget: allocation.budget, ranges: allocation.ranges, lowest: allocation.lowest,
      highest: allocation.highest ?? levels.max(), boundaries: subject.buckets.map(\.lowerBound))
    switch allocation.budget {
    case .macs(let share): _ = try request.problem(atMACs: share)
    case .bytes: _ = try SparsitySchedule.solved(request)
    // Times and errors are not known yet.
    case .milliseconds, .error: _ = try request.problem(atMACs: 1)
    }
    // The paper's schedule finds its number of ranges itself, evolution has one a stage.
    guard allocation.scheduleFile == nil, [.solved, .uniform].contains(allocation.schedule),
      case .exactly(let count) = allocation.ranges
    else { return }
    guard (1...subject.buckets.count).contains(count) else {
      throw .rangeCount(asked: count, available: subject.buckets.count, steps: steps)
    }
  }
}
