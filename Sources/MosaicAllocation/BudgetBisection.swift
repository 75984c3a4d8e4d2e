/// Meets a budget of any unit with schedules that are made for shares of multiply-accumulates.
struct BudgetBisection {
  let request: AllocationRequest

  init(_ request: AllocationRequest) { self.request = request }

  func schedule(
    _ make: (AllocationProblem) throws(AllocationError) -> SparsitySchedule
  ) throws(AllocationError) -> SparsitySchedule {
    try request.budget.validate()
    func made(_ share: Double) throws(AllocationError) -> SparsitySchedule {
      request.described(try make(try request.problem(atMACs: share)))
    }
    if case .macs(let share) = request.budget { return try made(share) }

    let dense = try made(1)
    let smallest = try made(try leastShare())
    // Errors fall as the budget grows; all costs grow with it.
    if case .error = request.budget {
      return try bisected(keeping: dense, until: smallest, made)
    }
    return try bisected(keeping: smallest, until: dense, made)
  }

  /// The schedule nearest to `far` that keeps the budget, between one that should and one that
  /// may.
  private func bisected(
    keeping near: SparsitySchedule, until far: SparsitySchedule,
    _ made: (Double) throws(AllocationError) -> SparsitySchedule
  ) throws(AllocationError) -> SparsitySchedule {
    guard try request.isKept(by: near) else {
      throw .unreachable(asked: request.budget, least: try request.spent(by: near))
    }
    if try request.isKept(by: far) { return far }
    var best = near
    var (kept, missed) = (near.costShare, far.costShare)
    for _ in 0..<50 {
      let middle = (kept + missed) / 2
      let schedule = try made(middle)
      if try request.isKept(by: schedule) {
        (kept, best) = (middle, schedule)
      } else {
        missed = middle
      }
    }
    return best
  }

  /// The share of the dense cost that the largest sparsity everywhere leaves.
  private func leastShare() throws(AllocationError) -> Double {
    let problem = try request.problem(atMACs: 1)
    let highest = Array(repeating: problem.limits.upperBound, count: problem.stepCount)
    // A network that nothing saves has no share of 0 to ask for.
    return max(request.costs.macs.share(of: highest), .leastNormalMagnitude)
  }
}

extension AllocationRequest {
  /// What the schedule takes, in the unit of the budget.
  func spent(by schedule: SparsitySchedule) throws(AllocationError) -> Budget {
    switch budget {
    case .macs: return .macs(schedule.costShare)
    case .milliseconds:
      guard let time = schedule.milliseconds else { throw .missingCosts(budget) }
      return .milliseconds(time)
    case .bytes:
      guard let bytes = schedule.bytes else { throw .missingCosts(budget) }
      return .bytes(bytes)
    case .error: return .error(schedule.predictedError)
    }
  }

  func isKept(by schedule: SparsitySchedule) throws(AllocationError) -> Bool {
    switch (try spent(by: schedule), budget) {
    case (.macs(let spent), .macs(let budget)): spent <= budget + BudgetProjection.slack
    case (.milliseconds(let spent), .milliseconds(let budget)):
      spent <= budget * (1 + BudgetProjection.slack)
    case (.bytes(let spent), .bytes(let budget)): spent <= budget
    case (.error(let spent), .error(let budget)): spent <= budget
    default: false
    }
  }
}
