/// Turns a request into problems of one kind, a weighted sum of sparsities to be reached, and
/// solves them.
struct BudgetSolver {
  let request: AllocationRequest

  init(_ request: AllocationRequest) { self.request = request }

  typealias Candidate = ScheduleSolver.Candidate

  func solve() throws(AllocationError) -> SparsitySchedule {
    try request.budget.validate()
    let candidate: Candidate =
      switch request.budget {
      case .macs(let share): try choice(for: request.problem(atMACs: share)).best()
      case .milliseconds(let time): try solve(milliseconds: time)
      case .bytes(let count): try BytesBudget(request, bytes: count).solve()
      case .error(let error): try ErrorBudget(request, error: error).solve()
      }
    return request.schedule(.solved, candidate)
  }

  private func solve(milliseconds time: Double) throws(AllocationError) -> Candidate {
    guard let cost = request.costs.milliseconds else { throw .missingCosts(request.budget) }
    do {
      return try choice(
        for: AllocationProblem(
          model: request.solvedModel(), cost: cost, budget: min(time / cost.dense, 1),
          lowest: request.lowest, highest: request.highest, boundaries: request.boundaries)
      ).best()
    } catch .unreachableBudget(_, let least) {
      throw .unreachable(asked: request.budget, least: .milliseconds(least * cost.dense))
    }
  }

  private func choice(for problem: AllocationProblem) -> RangeChoice {
    RangeChoice(request: request, problem: problem)
  }
}

extension AllocationRequest {
  /// A candidate with all that can be said about it.
  func schedule(
    _ kind: SparsitySchedule.Kind, _ candidate: ScheduleSolver.Candidate
  ) -> SparsitySchedule {
    described(
      SparsitySchedule(
        kind: kind,
        ranges: zip(candidate.ranges, candidate.sparsities).map {
          StepRange(steps: $0, sparsity: $1)
        }, predictedError: 0, clippedError: 0, costShare: 1, budget: 1))
  }
}
