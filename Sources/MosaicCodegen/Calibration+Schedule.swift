internal import MosaicAllocation
internal import MosaicAnalysis
internal import MosaicCore
internal import MosaicPruning

extension Calibration {
  /// The schedule that was asked for, within the request's budget.
  func makeSchedule(
    _ options: AllocationOptions, _ request: AllocationRequest, progress: ProgressHandler
  ) throws -> SparsitySchedule {
    let timesteps = subject.trajectory.steps.map(\.timestep)
    if let file = options.scheduleFile {
      return request.described(
        try file.schedule(for: try request.problem(atMACs: 1), timesteps: timesteps))
    }
    switch options.schedule {
    case .solved, .file: return try .solved(request)
    case .uniform:
      let count = equalRanges(options.ranges)
      return try .meeting(request) { (problem) throws(AllocationError) in
        try .uniform(ranges: count, for: problem)
      }
    case .paper:
      return try paperSchedules(request).min { $0.predictedError < $1.predictedError }
        ?? .solved(request)
    case .evolution:
      return try evolve(request, progress: progress)
    }
  }

  /// Ranges of a schedule that does not choose their number.
  func equalRanges(_ count: RangeCount) -> Int {
    switch count {
    case .exactly(let count): count
    case .automatic(let most): min(4, most, subject.buckets.count)
    }
  }

  /// MosaicDiff's schedule with the ranges of its rule and with those it states for DiT.
  func paperSchedules(_ request: AllocationRequest) throws -> [SparsitySchedule] {
    let scores = try learningSpeed()
    let timesteps = subject.trajectory.steps.map(\.timestep)
    let trained = imported.scheduler?.trainSteps ?? 1000
    return [
      try .meeting(request) { (problem) throws(AllocationError) in
        try .paper(scores: scores, for: problem)
      },
      try .meeting(request) { (problem) throws(AllocationError) in
        try .paperSplit(
          scores: scores, timesteps: timesteps, trainTimesteps: trained, for: problem)
      },
    ]
  }

  /// Diff-ES in small: the search for a level a stage, each candidate run on held-out samples.
  func evolve(
    _ request: AllocationRequest, evaluations: Int = 200, progress: ProgressHandler
  ) throws -> SparsitySchedule {
    let samples = min(16, subject.options.sensitivitySamples)
    let base = try subject.trajectories(
      from: SampleStart.sensitivity, samples: samples, stage: "evolution: dense",
      progress: progress)
    var maker = VariantMaker(
      subject, statistics: statistics, sensitivity: sensitivity, spreading: .uniform,
      criterion: criterion)
    let search = EvolutionSearch(
      try request.problem(atMACs: try macShare(request)), evaluations: evaluations,
      seed: subject.options.seed)
    var done = 0
    let found = try search.run { sparsities in
      var variants: [RangeVariant] = []
      for (steps, sparsity) in zip(search.stages, sparsities) {
        variants.append(try maker.variant(steps: steps, sparsity: sparsity))
      }
      done += 1
      try progress(Progress(stage: "evolution", done: done, total: evaluations))
      return try subject.measurePlan(on: base, progress: { _ in }) { step in
        variants.predictor(step: step)
      }.final.mean
    }
    return request.described(found.schedule)
  }

  /// The budget as a share of multiply-accumulates: in other units that of uniform pruning, because
  /// a search is too long to be bisected.
  private func macShare(_ request: AllocationRequest) throws -> Double {
    if case .macs(let share) = request.budget { return share }
    return try SparsitySchedule.meeting(request) { (problem) throws(AllocationError) in
      try .uniform(ranges: 1, for: problem)
    }.costShare
  }
}
