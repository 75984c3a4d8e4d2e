/// Solves for a budget of error: the fewest multiply-accumulates whose best schedule is predicted
/// to stay within it.
///
/// For given ranges the least error falls as the share of multiply-accumulates grows, so that share
/// is bisected. Ranges are then chosen anew at the share found, until that lowers it no more.
struct ErrorBudget {
  let request: AllocationRequest
  let budget: Double

  init(_ request: AllocationRequest, error budget: Double) {
    self.request = request
    self.budget = budget
  }

  typealias Candidate = ScheduleSolver.Candidate

  func solve() throws(AllocationError) -> Candidate {
    let problem = try request.problem(atMACs: 1)
    var count = try problem.mostRanges(request.ranges)
    let ranges = problem.equalRanges(1)
    let lightest = even(problem, ranges, problem.limits.lowerBound)
    guard isKept(by: lightest) else {
      throw .unreachable(asked: request.budget, least: .error(predicted(lightest)))
    }
    let hardest = even(problem, ranges, problem.limits.upperBound)
    let isFree = isKept(by: hardest)

    if case .automatic = request.ranges {
      guard !isFree else { return hardest }
      // Ranges are weighed at the cost that the most of them reach.
      let most = try cheapest(problem, count)
      count = try RangeChoice(
        request: request, problem: request.problem(atMACs: share(of: most))
      ).best().ranges.count
      if count == most.ranges.count { return most }
    }
    return isFree
      ? even(problem, problem.equalRanges(count), problem.limits.upperBound)
      : try cheapest(problem, count)
  }

  private func cheapest(_ problem: AllocationProblem, _ count: Int) throws(AllocationError)
    -> Candidate
  {
    var best = try tightened(problem, problem.equalRanges(count))
    for _ in 0..<6 {
      let solver = ScheduleSolver(try request.problem(atMACs: share(of: best)))
      let ranges = RangeSegmentation(solver: solver, count: count).best().ranges
      guard ranges != best.ranges else { break }
      let trial = try tightened(problem, ranges)
      guard share(of: trial) < share(of: best) * (1 - 1e-6) else { break }
      best = trial
    }
    return best
  }

  /// The cheapest sparsities of the given ranges.
  private func tightened(
    _ problem: AllocationProblem, _ ranges: [Range<Int>]
  ) throws(AllocationError) -> Candidate {
    var best = even(problem, ranges, problem.limits.lowerBound)
    var (missed, kept) = (
      share(of: even(problem, ranges, problem.limits.upperBound)), share(of: best)
    )
    var last: Candidate?
    for round in 0..<45 {
      let middle = (missed + kept) / 2
      let solver = ScheduleSolver(try request.problem(atMACs: middle))
      // The first rounds look everywhere; later ones move little from the last solution.
      let candidate =
        round < 6
        ? solver.thorough(ranges, from: last?.sparsities)
        : solver.descend(ranges, from: last?.sparsities)
      last = candidate
      if isKept(by: candidate) { (kept, best) = (middle, candidate) } else { missed = middle }
    }
    return best
  }

  private func even(
    _ problem: AllocationProblem, _ ranges: [Range<Int>], _ sparsity: Double
  ) -> Candidate {
    Candidate(
      ranges: ranges, sparsities: Array(repeating: sparsity, count: ranges.count), value: 0)
  }

  private func predicted(_ candidate: Candidate) -> Double {
    request.model.predictedError(candidate.perStep)
  }

  private func share(of candidate: Candidate) -> Double {
    request.costs.macs.share(of: candidate.perStep)
  }

  private func isKept(by candidate: Candidate) -> Bool { predicted(candidate) <= budget }
}
