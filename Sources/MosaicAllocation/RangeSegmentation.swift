/// Chooses where ranges begin.
///
/// Few segmentations are all solved; of many, dynamic programming proposes those that are best when
/// the steps' errors add up without interaction, and their boundaries then move one place at a time
/// while the whole error falls.
struct RangeSegmentation {
  let solver: ScheduleSolver
  /// Ranges wanted; the problem's boundaries allow as many.
  let count: Int
  /// The most segmentations that are all solved.
  var exhaustiveLimit = 3000
  /// How many of the quickly ranked are solved to full precision.
  var finalists = 12

  private var problem: AllocationProblem { solver.problem }
  private typealias Candidate = ScheduleSolver.Candidate

  func best() -> ScheduleSolver.Candidate {
    let isExhaustive = segmentationCount <= exhaustiveLimit
    let ranked = isExhaustive ? rank(allSegmentations()) : rankProposals()
    var best: (begins: [Int], candidate: Candidate)?
    for (begins, start) in ranked.prefix(finalists) {
      var begins = begins
      var candidate = solver.thorough(start.ranges, from: start.sparsities)
      if !isExhaustive { moveBoundaries(&begins, &candidate) }
      if candidate.value < best?.candidate.value ?? .infinity { best = (begins, candidate) }
    }
    return best?.candidate ?? solver.thorough(problem.equalRanges(count))
  }

  /// C(boundaries − 1, count − 1), or the limit + 1 where that is less.
  private var segmentationCount: Int {
    let places = problem.boundaries.count - 1
    let chosen = min(count - 1, places - (count - 1))
    var result = 1
    for k in 0..<max(chosen, 0) {
      result = result * (places - k) / (k + 1)
      if result > exhaustiveLimit { return exhaustiveLimit + 1 }
    }
    return result
  }

  /// Every choice of `count` boundary indices that begins with 0, in lexicographic order.
  private func allSegmentations() -> [[Int]] {
    var result: [[Int]] = []
    var begins = Array(0..<count)
    let last = problem.boundaries.count
    while true {
      result.append(begins)
      // The last place that can still move up, the first staying at 0.
      guard let place = (1..<max(count, 1)).last(where: { begins[$0] < last - count + $0 })
      else { return result }
      begins[place] += 1
      for next in begins.indices.dropFirst(place + 1) { begins[next] = begins[next - 1] + 1 }
    }
  }

  /// Solves each segmentation quickly; the best come first.
  private func rank(_ segmentations: [[Int]]) -> [([Int], Candidate)] {
    var ranked: [([Int], Candidate)] = []
    for begins in segmentations {
      // Neighbours in the list differ in few boundaries, so one's solution starts the next well.
      ranked.append(
        (begins, solver.quick(problem.ranges(beginningAt: begins), from: ranked.last?.1.sparsities))
      )
    }
    let order = ranked.indices.sorted {
      (ranked[$0].1.value, $0) < (ranked[$1].1.value, $1)
    }
    return order.map { ranked[$0] }
  }

  /// Segmentations that dynamic programming proposes, ranked by the whole error.
  private func rankProposals() -> [([Int], Candidate)] {
    let program = SegmentationProgram(problem: problem, count: count)
    var seen: Set<[Int]> = []
    var proposals = program.sweep(beside: nil).filter { seen.insert($0).inserted }
    // What the other steps' errors add to a step's own, first where each bucket has a sparsity of
    // its own, then where the best segmentation so far has put it.
    let buckets = problem.ranges(beginningAt: Array(problem.boundaries.indices))
    let free = solver.quick(buckets)
    proposals += program.sweep(beside: free.perStep).filter { seen.insert($0).inserted }
    let best = rank(proposals).first.map(\.1.perStep)
    proposals += program.sweep(beside: best).filter { seen.insert($0).inserted }
    return rank(proposals)
  }

  /// Moves single boundaries to a neighbouring place while that lowers the error.
  private func moveBoundaries(_ begins: inout [Int], _ candidate: inout Candidate) {
    var hasMoved = true
    while hasMoved {
      hasMoved = false
      for place in begins.indices.dropFirst() {
        for offset in [-1, 1, -2, 2] {
          var moved = begins
          moved[place] += offset
          let next = place + 1 < count ? moved[place + 1] : problem.boundaries.count
          guard moved[place] > moved[place - 1], moved[place] < next else { continue }
          let ranges = problem.ranges(beginningAt: moved)
          let trial = solver.quick(ranges, from: candidate.sparsities)
          // The quick solution's own error is below this; less would be a move for nothing.
          guard trial.value < candidate.value * (1 - 1e-6) else { continue }
          candidate = solver.thorough(ranges, from: trial.sparsities)
          begins = moved
          hasMoved = true
        }
      }
    }
  }
}
