extension SparsitySchedule {
  /// MosaicDiff's schedule: three ranges (the network learns slowly, fast, slowly), each with a
  /// sparsity proportional to 1 − its mean learning speed.
  ///
  /// The fast range is the run of steps around the highest score whose scores reach `threshold`
  /// times the highest. Ranges without steps are left out. Where a sparsity meets a limit, the
  /// others take its share.
  ///
  /// - Parameters:
  ///   - scores: The learning speed of each step as a share of the highest over all timesteps, in
  ///     [0, 1]; outside it is clipped.
  ///   - threshold: M of the paper.
  /// - Throws: `AllocationError.stepCount` or `.badMeasurement`.
  ///
  /// Source: MosaicDiff, arXiv:2510.11962; the scaling to a budget is ours.
  public static func paper(
    scores: [Double], threshold: Double = 0.55, for problem: AllocationProblem
  ) throws(AllocationError) -> SparsitySchedule {
    guard threshold.isFinite else {
      throw .badMeasurement(what: "threshold of learning speeds", problem: "it is not finite")
    }
    try validate(scores, problem)
    let peak = scores.indices.max { scores[$0] < scores[$1] } ?? 0
    let least = threshold * scores[peak]
    var first = peak
    while first > 0, scores[first - 1] >= least { first -= 1 }
    var end = peak + 1
    while end < scores.count, scores[end] >= least { end += 1 }
    return paper(scores, cutAt: [first, end], problem)
  }

  /// MosaicDiff's schedule with the ranges its text gives for DiT: timesteps above 600, from 600 to
  /// 200, and below, of 1000.
  ///
  /// - Parameters:
  ///   - scores: As above.
  ///   - timesteps: Of each step, falling.
  ///   - trainTimesteps: The timesteps the network was trained on, of which the split takes shares.
  /// - Throws: `AllocationError.stepCount` or `.badMeasurement`.
  public static func paperSplit(
    scores: [Double], timesteps: [Double], trainTimesteps: Int = 1000,
    for problem: AllocationProblem
  ) throws(AllocationError) -> SparsitySchedule {
    try validate(scores, problem)
    guard timesteps.count == problem.stepCount else {
      throw .stepCount(what: "timesteps", expected: problem.stepCount, found: timesteps.count)
    }
    let cuts = [0.6, 0.2].map { share in
      timesteps.firstIndex { $0 <= share * Double(trainTimesteps) } ?? timesteps.count
    }
    return paper(scores, cutAt: cuts, problem)
  }

  private static func validate(
    _ scores: [Double], _ problem: AllocationProblem
  ) throws(AllocationError) {
    guard scores.count == problem.stepCount else {
      throw .stepCount(
        what: "learning speeds", expected: problem.stepCount, found: scores.count)
    }
    guard scores.allSatisfy(\.isFinite) else {
      throw .badMeasurement(what: "learning speeds", problem: "not all of them are finite")
    }
  }

  /// The ranges before, within and after the fast ones, at the boundaries nearest to the cuts.
  private static func paper(
    _ scores: [Double], cutAt cuts: [Int], _ problem: AllocationProblem
  ) -> SparsitySchedule {
    let places = problem.boundaries + [problem.stepCount]
    let near = cuts.map { cut in places.min { abs($0 - cut) < abs($1 - cut) } ?? 0 }
    let edges = [0, near[0], near[1], problem.stepCount]
    let ranges = zip(edges, edges.dropFirst()).filter { $0 < $1 }.map { $0..<$1 }
    let slowness = ranges.map { range in
      let sum = range.reduce(0) { $0 + min(max(scores[$1], 0), 1) }
      // A floor lets even the fastest range give way once the others are at their limit.
      return max(1 - sum / Double(range.count), 1e-6)
    }
    let sparsities = scaled(slowness, to: problem.projection(for: ranges))
    return SparsitySchedule(kind: .paper, ranges: ranges, sparsities: sparsities, problem: problem)
  }

  /// clip(factor · shape) for the least factor that saves enough.
  private static func scaled(_ shape: [Double], to projection: BudgetProjection) -> [Double] {
    func sparsities(_ factor: Double) -> [Double] {
      shape.map {
        min(max(factor * $0, projection.limits.lowerBound), projection.limits.upperBound)
      }
    }
    var lower = 0.0
    guard projection.saved(sparsities(lower)) < projection.required else {
      return sparsities(lower)
    }
    // Here every range is at its limit, and that saves enough, or the problem would not be.
    var upper = projection.limits.upperBound / (shape.min() ?? 1) * 2
    while true {
      let middle = (lower + upper) / 2
      guard middle > lower, middle < upper else { return sparsities(upper) }
      if projection.saved(sparsities(middle)) < projection.required {
        lower = middle
      } else {
        upper = middle
      }
    }
  }
}
