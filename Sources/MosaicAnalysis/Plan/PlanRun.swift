internal import MosaicCore
internal import MosaicRuntime

/// Samples on their way under a plan, in one group or several alike that differ in what they did
/// before.
struct PlanRun {
  let networks: PlanNetworks
  /// One a group.
  var states: [SamplerState]
  let memory: ReuseMemory
  let labels: [Int32]
  let firstItem: Int
  /// Forwards so far, counted by what they computed, of one sample of each group.
  private(set) var work = 0.0

  private var subject: CalibrationSubject { networks.subject }

  private init(
    _ networks: PlanNetworks, states: [SamplerState], memory: ReuseMemory, labels: [Int32],
    firstItem: Int
  ) {
    self.networks = networks
    self.states = states
    self.memory = memory
    self.labels = labels
    self.firstItem = firstItem
  }

  /// As many groups as said that go on from here, each on its own.
  ///
  /// - Precondition: There is one group here.
  func branched(groups: Int, depths: [Int]) -> PlanRun {
    PlanRun(
      networks, states: Array(repeating: states[0], count: groups),
      memory: memory.copied(groups: groups, depths: depths), labels: labels,
      firstItem: firstItem)
  }

  /// One step of some groups, all by the same plan.
  ///
  /// - Returns: The network's output; empty where the sampler does not use it.
  @discardableResult
  mutating func advance(
    _ plan: StepPlan, step: Int, groups: Range<Int>? = nil
  ) throws -> [Float] {
    let groups = groups ?? states.indices
    let info = subject.trajectory.steps[step]
    var output: [Float] = []
    if info.needsForward {
      output = try subject.forward(
        networks.predictor(plan, step: step), Array(states[groups]),
        groups.flatMap { _ in labels }, step: step, orders: plan.reuse.orders[step],
        memory: memory, groups: groups)
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
}

extension PlanNetworks {
  /// Where steps lie for extrapolation: at their numbers.
  var positions: [Double] { subject.trajectory.steps.indices.map(Double.init) }

  /// The final samples of a plan's run from the noise of dense trajectories.
  public func finals(
    of plan: StepPlan, on base: DenseTrajectories, progress: ProgressHandler
  ) throws -> [Float] {
    let steps = subject.trajectory.steps.count
    var run = PlanRun(
      self, start: base, depths: plan.reuse.depths(after: -1))
    for step in 0..<steps {
      try run.advance(plan, step: step)
      try progress(Progress(stage: "plan", done: step + 1, total: steps))
    }
    return run.states[0].states
  }
}

extension PlanRun {
  /// The start of dense trajectories.
  init(_ networks: PlanNetworks, start base: DenseTrajectories, depths: [Int]) {
    let units = networks.units
    self.init(
      networks, states: Array(base.states.prefix(1)),
      memory: ReuseMemory(
        units: zip(zip(units.names, units.elements), depths).map {
          ReuseMemory.Unit(name: $0.0, elements: $0.1, depth: $1)
        },
        positions: networks.positions, groupSize: base.labels.count,
        forwardsPerSample: networks.subject.predictor.forwardsPerSample),
      labels: base.labels, firstItem: base.firstItem)
  }
}
