#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Chooses how many ranges a schedule has.
///
/// Every range adds its refitted consumers to the bundle. `.automatic` takes the number at which
/// error² times bytes is least, the smaller one of equals: all further ranges together must lower the
/// error by a larger factor than the root of the one by which they grow the bundle. The error counts
/// twice because the closed form knows only half of what a range is worth: it does not see that a
/// shorter range is also refitted closer to its own inputs. All numbers are looked at, not each against
/// the one before it: a schedule that prunes hard at both ends gains little by its second range and
/// much by its third.
struct RangeChoice {
  let request: AllocationRequest
  let problem: AllocationProblem

  typealias Candidate = ScheduleSolver.Candidate

  /// The best schedule with the request's number of ranges.
  func best() throws(AllocationError) -> Candidate {
    let solver = ScheduleSolver(problem)
    func best(_ count: Int) -> Candidate { RangeSegmentation(solver: solver, count: count).best() }
    let most = try problem.mostRanges(request.ranges)
    if case .exactly = request.ranges { return best(most) }

    guard let size = request.costs.bytes else { throw .missingSize }
    func score(_ candidate: Candidate) -> Double {
      2 * log(candidate.value) + log(max(size.exactBytes(of: candidate.sparsities), 1))
    }
    var chosen = best(1)
    for count in 1..<most {
      // No error left: nothing more can be gained.
      guard chosen.value > 0 else { break }
      let candidate = best(count + 1)
      if score(candidate) < score(chosen) { chosen = candidate }
    }
    return chosen
  }
}

extension AllocationProblem {
  /// The most ranges that are asked for and that the boundaries allow.
  ///
  /// - Throws: `AllocationError.rangeCount` where there cannot be as many.
  func mostRanges(_ ranges: RangeCount) throws(AllocationError) -> Int {
    switch ranges {
    case .exactly(let count):
      try validate(rangeCount: count)
      return count
    case .automatic(let most):
      try validate(rangeCount: min(most, boundaries.count))
      return min(most, boundaries.count)
    }
  }
}
