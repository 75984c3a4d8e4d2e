internal import MosaicCore
internal import MosaicRuntime

/// Samples on their way under a plan, in one group or several alike that differ in what they did
/// before.
struct PlanRun {
  let networks: PlanNetworks
  /// What reused values are made of; nil for Lagrange's weights.
  let model: ForecastModel?
  /// One a group.
  var states: [SamplerState]
  let memory: ReuseMemory
  let labels: [Int32]
  let firstItem: Int
  /// Forwards so far, counted by what they computed, of one sample of each group.
  private(set) var work = 0.0

  private var subject: CalibrationSubject { networks.subject }

  /// As many groups as said that go on from here, each on its own.
  ///
  /// - Precondition: There is one group here.
  func branched(groups: Int, depths: [Int]) -> PlanRun {
    PlanRun(
      networks: networks, model: model, states: Array(repeating: states[0], count: groups),
      memory: memory.copied(groups: groups, depths: depths), labels: labels,
      firstItem: firstItem)
  }

  /// One step of all groups by the same plan.
  @discardableResult
  mutating func advance(_ plan: StepPlan, step: Int) throws -> [Float] {
    try advance(states.map { _ in plan }, step: step, groups: states.indices)
  }

  /// One step of some groups, each by its plan. The plans may differ in other steps only.
  ///
  /// - Returns: The network's output; empty where the sampler does not use it.
  @discardableResult
  mutating func advance(
    _ plans: [StepPlan], step: Int, groups: Range<Int>
  ) throws -> [Float] {
    let plan = plans[0]
    let info = subject.trajectory.steps[step]
    var output: [Float] = []
    if info.needsForward {
      output = try subject.forward(
        networks.predictor(plan, step: step), Array(states[groups]),
        groups.flatMap { _ in labels }, step: step, orders: plan.reuse.orders[step],
        forecasts: forecasts(plans, step: step), memory: memory, groups: groups)
      guard output.allSatisfy(\.isFinite) else {
        throw RuntimeError(
          .nonFinite(
            step: step, steps: subject.trajectory.steps.count, timestep: info.timestep))
      }
      work += networks.cost(plan, step: step) * Double(groups.count)
    }
    let size = output.count / max(groups.count, 1)
    for (place, group) in groups.enumerated() {
      // Each group has the same place in the noise streams.
      subject.sampler.apply(
        groups.count == 1 ? output : Array(output.dropFirst(place * size).prefix(size)),
        to: &states[group], step: step, firstItem: firstItem,
        stateSize: subject.predictor.stateSize)
    }
    return output
  }

  private func forecasts(_ plans: [StepPlan], step: Int) -> [[ValueForecast?]] {
    guard let model, plans[0].reuse.orders[step].contains(where: { $0 != nil }) else { return [] }
    return plans.map { networks.forecasts(of: $0.reuse, step: step, model) }
  }
}

extension PlanNetworks {
  /// Where steps lie for extrapolation: at their numbers.
  var positions: [Double] { subject.trajectory.steps.indices.map(Double.init) }

  func memory(depths: [Int], samples: Int, keepsInputs: Bool = false) -> ReuseMemory {
    ReuseMemory(
      units: units.units.indices.map { unit in
        let axis = keepsInputs && depths[unit] > 0 ? units.inputAxes[unit] : nil
        return ReuseMemory.Unit(
          name: units.names[unit], elements: units.elements[unit], depth: depths[unit],
          inputElements: axis.map { $0.outer * $0.count * $0.inner } ?? 0)
      },
      positions: positions, groupSize: samples,
      forwardsPerSample: subject.predictor.forwardsPerSample)
  }

  /// By unit, what a step takes in place of it: of least squares, or Lagrange's where the model does
  /// not tell; nil where it is computed.
  func forecasts(
    of plan: ReusePlan, step: Int, _ model: ForecastModel
  ) -> [ValueForecast?] {
    plan.orders[step].enumerated().map { unit, order in
      guard let order else { return nil }
      var known: [Int] = []
      for earlier in (0..<step).reversed() where isNeeded[earlier] {
        if known.count == order + 1 { break }
        if units.isComputed(unit, plan.orders[earlier]) { known.append(earlier) }
      }
      guard known.count == order + 1 else { return nil }
      if let measured = model.forecast(unit: unit, step: step, from: known) { return measured }
      let weights = ValueForecast.weights(
        at: positions[step], from: known.map { positions[$0] }, order: order)
      return ValueForecast(
        weights: weights.map { Float($0) },
        offset: Array(repeating: 0, count: units.axes[unit].count))
    }
  }

  /// The final samples of a plan's run from the noise of dense trajectories.
  ///
  /// - Parameter model: What reused values are made of; nil for Lagrange's weights.
  public func finals(
    of plan: StepPlan, _ model: ForecastModel? = nil, on base: DenseTrajectories,
    stage: String = "plan", progress: ProgressHandler
  ) throws -> [Float] {
    let steps = subject.trajectory.steps.count
    var run = PlanRun(
      self, model, start: base, depths: plan.reuse.depths(after: -1))
    for step in 0..<steps {
      try run.advance(plan, step: step)
      try progress(Progress(stage: stage, done: step + 1, total: steps))
    }
    return run.states[0].states
  }
}

extension PlanRun {
  /// The start of dense trajectories.
  init(
    _ networks: PlanNetworks, _ model: ForecastModel?, start base: DenseTrajectories,
    depths: [Int], keepsInputs: Bool? = nil
  ) {
    self.init(
      networks: networks, model: model, states: Array(base.states.prefix(1)),
      memory: networks.memory(
        depths: depths, samples: base.labels.count,
        keepsInputs: keepsInputs ?? model?.hasMaps ?? false),
      labels: base.labels, firstItem: base.firstItem)
  }
}
