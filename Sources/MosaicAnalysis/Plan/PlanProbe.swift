internal import MosaicCore

/// What each of some moves does to the final samples, measured on the plan as it stands: with the
/// moves made one at a time, the plan's own caches before them and their consequences behind.
public struct MeasuredMoves: Sendable {
  public let moves: [PlanMove]
  /// How far the plan's final samples are from the dense ones, [samples · state].
  public let error: [Float]
  /// By move, how the final samples change, [samples · state].
  public let changes: [[Float]]
  /// Dense trajectories a sample whose forwards cost as much as the measurement's.
  public let work: Double

  public init(moves: [PlanMove], error: [Float], changes: [[Float]], work: Double) {
    self.moves = moves
    self.error = error
    self.changes = changes
    self.work = work
  }
}

extension PlanNetworks {
  /// Samples of one batch of groups that go to the end side by side.
  private static let batchSamples = 512

  /// - Parameters:
  ///   - moves: Changes of `plan` that can be run.
  ///   - model: What reused values are made of; nil for Lagrange's weights.
  ///   - base: Dense trajectories of the samples to measure on.
  public func measure(
    _ moves: [PlanMove], around plan: StepPlan, _ model: ForecastModel? = nil,
    on base: DenseTrajectories, stage: String, progress: ProgressHandler
  ) throws -> MeasuredMoves {
    let steps = subject.trajectory.steps.count
    let mostDepth = ValueForecast.mostOrder + 1
    var run = PlanRun(
      self, model, start: base, depths: units.units.map { _ in mostDepth })
    var finals = [[Float]](repeating: [], count: moves.count)
    var work = 0.0
    let byStep = Dictionary(grouping: moves.indices) { firstStep(of: moves[$0]) }
    var done = 0
    for step in 0..<steps {
      let reusing = (byStep[step] ?? []).filter { moves[$0].isReuse }
      let width = max(1, Self.batchSamples / max(base.labels.count, 1))
      for start in stride(from: 0, to: reusing.count, by: width) {
        let part = Array(reusing[start..<min(start + width, reusing.count)])
        work += try finish(part, of: moves, around: plan, from: run, step: step) {
          finals[$0] = $1
        }
        done += part.count
        try progress(Progress(stage: stage, done: done, total: moves.count))
      }
      for move in byStep[step] ?? [] where !moves[move].isReuse {
        work += try finishPruning(move, of: moves, around: plan, from: run, step: step) {
          finals[$0] = $1
        }
        done += 1
        try progress(Progress(stage: stage, done: done, total: moves.count))
      }
      try run.advance(plan, step: step)
    }
    let final = run.states[0].states
    let needed = Double(max(1, isNeeded.count { $0 }))
    return MeasuredMoves(
      moves: moves, error: zip(final, base.final).map { $0 - $1 },
      changes: finals.map { zip($0, final).map { $0 - $1 } },
      work: (work + run.work) / needed)
  }

  /// The first step at which a move changes anything.
  private func firstStep(of move: PlanMove) -> Int {
    switch move {
    case .reuse(let step, _, _): step
    case .prune(let bucket, _): buckets[bucket].lowerBound
    }
  }

  /// Moves of one step: that step one by one, for the network does different work, the rest together.
  private func finish(
    _ part: [Int], of moves: [PlanMove], around plan: StepPlan, from run: PlanRun, step: Int,
    keep: (Int, [Float]) -> Void
  ) throws -> Double {
    let plans = part.map { plan.taking(moves[$0]) }
    let depths = units.units.indices.map { unit in
      plans.reduce(0) { max($0, $1.reuse.depths(after: step - 1)[unit]) }
    }
    var branch = run.branched(groups: part.count, depths: depths)
    for (group, changed) in plans.enumerated() {
      try branch.advance([changed], step: step, groups: group..<group + 1)
    }
    for later in (step + 1)..<max(step + 1, subject.trajectory.steps.count) {
      try branch.advance(plans, step: later, groups: plans.indices)
    }
    for (group, move) in part.enumerated() { keep(move, branch.states[group].states) }
    return branch.work
  }

  private func finishPruning(
    _ move: Int, of moves: [PlanMove], around plan: StepPlan, from run: PlanRun, step: Int,
    keep: (Int, [Float]) -> Void
  ) throws -> Double {
    let changed = plan.taking(moves[move])
    var branch = run.branched(groups: 1, depths: plan.reuse.depths(after: step - 1))
    for later in step..<subject.trajectory.steps.count {
      try branch.advance(changed, step: later)
    }
    keep(move, branch.states[0].states)
    return branch.work
  }
}

extension PlanMove {
  var isReuse: Bool {
    if case .reuse = self { return true }
    return false
  }
}
