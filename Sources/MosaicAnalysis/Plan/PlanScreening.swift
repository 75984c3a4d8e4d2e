internal import MosaicCore

extension PlanNetworks {
  /// How far each of some moves takes the output of its own step, and no further: one forward a move,
  /// of what that move leaves to compute.
  ///
  /// - Parameter moves: Changes of what `plan` reuses.
  /// - Returns: Mean squared changes in the order of the moves, and forwards as dense trajectories a
  ///   sample.
  public func ownErrors(
    of moves: [PlanMove], around plan: StepPlan, _ model: ForecastModel?,
    on base: DenseTrajectories, stage: String, progress: ProgressHandler
  ) throws -> (errors: [Double], work: Double) {
    let steps = subject.trajectory.steps.count
    var run = PlanRun(
      self, model, start: base, depths: units.units.map { _ in ValueForecast.mostOrder + 1 })
    var errors = [Double](repeating: 0, count: moves.count)
    var work = 0.0
    var byStep: [Int: [Int]] = [:]
    for (index, move) in moves.enumerated() {
      if case .reuse(let step, _, _) = move { byStep[step, default: []].append(index) }
    }
    for step in 0..<steps {
      let before = run.states
      var outputs: [(move: Int, output: [Float])] = []
      run.memory.isReadOnly = true
      for index in byStep[step] ?? [] {
        let changed = plan.taking(moves[index])
        let output = try subject.forward(
          predictor(changed, step: step), before, base.labels, step: step,
          orders: changed.reuse.orders[step],
          forecasts: model.map { [forecasts(of: changed.reuse, step: step, $0)] } ?? [],
          memory: run.memory, groups: 0..<1)
        outputs.append((index, output))
        work += cost(changed, step: step)
      }
      run.memory.isReadOnly = false
      let output = try run.advance(plan, step: step)
      for (move, changed) in outputs { errors[move] = meanSquare(changed, output) }
      try progress(Progress(stage: stage, done: step + 1, total: steps))
    }
    return (errors, (work + run.work) / Double(neededSteps))
  }
}
