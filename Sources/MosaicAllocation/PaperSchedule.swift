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
    guard scores.count == problem.stepCount else {
      throw .stepCount(
        what: "learning speeds", expected: problem.stepCount, found: scores.count)
    }
    guard scores.allSatisfy(\.isFinite), threshold.isFinite else {
      throw .badMeasurement(what: "learning speeds", problem: "not all of them are finite")
    }
    let ranges = learningRanges(scores, threshold: threshold, problem)
    let slowness = ranges.map { range in
      let sum = range.reduce(0) { $0 + min(max(scores[$1], 0), 1) }
      // A floor lets even the fastest range give way once the others are at their limit.
      return max(1 - sum / Double(range.count), 1e-6)
    }
    let sparsities = scaled(slowness, to: problem.projection(for: ranges))
    return SparsitySchedule(kind: .paper, ranges: ranges, sparsities: sparsities, problem: problem)
  }

  /// The ranges before, within and after the run of high scores, at the nearest boundaries.
  private static func learningRanges(
    _ scores: [Double], threshold: Double, _ problem: AllocationProblem
  ) -> [Range<Int>] {
    let peak = scores.indices.max { scores[$0] < scores[$1] } ?? 0
    let least = threshold * scores[peak]
    var first = peak
    while first > 0, scores[first - 1] >= least { first -= 1 }
    var end = peak + 1
    while end < scores.count, scores[end] >= least { end += 1 }

    let places = problem.boundaries + [problem.stepCount]
    let cuts = [first, end].map { cut in
      places.min { abs($0 - cut) < abs($1 - cut) } ?? 0
    }
    let edges = [0, cuts[0], cuts[1], problem.stepCount]
    return zip(edges, edges.dropFirst()).filter { $0 < $1 }.map { $0..<$1 }
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
