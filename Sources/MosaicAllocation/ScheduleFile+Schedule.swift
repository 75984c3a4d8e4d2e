internal import MosaicCore

extension ScheduleFile {
  /// The schedule for a run, after checking that it covers all steps, that its ranges begin where
  /// statistics were kept apart, and that its sparsities are allowed.
  ///
  /// - Parameters:
  ///   - problem: Of any budget: a schedule made by hand costs what it costs, and that is its
  ///     budget.
  ///   - timesteps: Of each step, noisiest first.
  /// - Throws: `AllocationFileError`.
  public func schedule(
    for problem: AllocationProblem, timesteps: [Double]
  ) throws(AllocationFileError) -> SparsitySchedule {
    precondition(timesteps.count == problem.stepCount, "one timestep a step")
    var steps: [Range<Int>] = []
    for (index, entry) in ranges.enumerated() {
      let begin = steps.last?.upperBound ?? 0
      let range = begin..<(try end(of: entry.extent, index, from: begin, timesteps))
      try check(begin, index, against: problem.boundaries)
      guard problem.limits.contains(entry.sparsity) else {
        throw AllocationFileError(
          file: file,
          .field(
            "ranges[\(index)].sparsity",
            expected: "a number from \(problem.limits.lowerBound) to "
              + "\(problem.limits.upperBound), the sparsities measured and allowed",
            found: "\(entry.sparsity)"))
      }
      steps.append(range)
    }
    let covered = steps.last?.upperBound ?? 0
    guard covered == problem.stepCount else {
      throw unfit(
        "ranges",
        "they cover \(covered) of \(problem.stepCount) steps; step \(covered), of timestep "
          + "\(timestepText(timesteps[covered])), is in none; add a range for the rest")
    }
    var schedule = SparsitySchedule(
      kind: .file, ranges: steps, sparsities: ranges.map(\.sparsity), problem: problem)
    schedule.budget = schedule.costShare
    schedule.target = .macs(schedule.costShare)
    return schedule
  }

  /// One past the last step of a range.
  private func end(
    of extent: Extent, _ index: Int, from begin: Int, _ timesteps: [Double]
  ) throws(AllocationFileError) -> Int {
    let left = timesteps.count - begin
    switch extent {
    case .steps(let count):
      guard count <= left else {
        throw unfit(
          "ranges[\(index)].steps",
          "\(count) steps, but only \(left) of the run's \(timesteps.count) are left")
      }
      return begin + count
    case .timesteps(let first, let last):
      let end =
        timesteps[begin...].firstIndex { !(Double(last)...Double(first)).contains($0) }
        ?? timesteps.count
      guard end > begin else {
        throw unfit(
          "ranges[\(index)].timesteps",
          begin < timesteps.count
            ? "[\(first), \(last)] does not hold the next step's timestep, \(timestepText(timesteps[begin]))"
            : "no step is left for [\(first), \(last)]")
      }
      return end
    }
  }

  private func check(
    _ begin: Int, _ index: Int, against boundaries: [Int]
  ) throws(AllocationFileError) {
    guard !boundaries.contains(begin) else { return }
    let before = boundaries.last { $0 < begin }
    let after = boundaries.first { $0 > begin }
    let nearest = [before, after].compactMap { $0.map { "\($0)" } }.joined(separator: " or ")
    throw unfit(
      "ranges[\(index)]",
      "it begins at step \(begin), within a bucket of steps measured together; begin it at step "
        + "\(nearest)")
  }

  private func unfit(_ field: String, _ problem: String) -> AllocationFileError {
    AllocationFileError(file: file, .unfit(field: field, problem: problem))
  }
}
