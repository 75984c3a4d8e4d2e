internal import MosaicCore
internal import MosaicRuntime

extension PlanNetworks {
  /// Samples whose values are held at a time.
  private static let partSamples = 16

  /// Runs a plan and takes the moments of every unit's values along it: of those that it reuses, what
  /// they would be if that step computed everything.
  ///
  /// - Parameter moments: What the values that the plan reuses are made of.
  /// - Returns: The moments, and forwards as dense trajectories a sample.
  public func values(
    along plan: StepPlan, _ moments: ValueMoments?, on base: DenseTrajectories, stage: String,
    progress: ProgressHandler
  ) throws -> (moments: ValueMoments, work: Double) {
    let steps = subject.trajectory.steps.count
    var result = ValueMoments(steps: steps, channels: units.axes.map(\.count))
    var work = 0.0
    let samples = base.labels.count
    for first in stride(from: 0, to: samples, by: Self.partSamples) {
      let part = base.part(first..<min(first + Self.partSamples, samples))
      work += try addValues(along: plan, moments, on: part, to: &result)
      try progress(
        Progress(stage: stage, done: min(first + Self.partSamples, samples), total: samples))
    }
    return (result, work / Double(neededSteps) / Double(max(samples, 1)))
  }

  private func addValues(
    along plan: StepPlan, _ moments: ValueMoments?, on part: DenseTrajectories,
    to result: inout ValueMoments
  ) throws -> Double {
    let samples = part.labels.count
    // One deeper than plans ask for: each step's value is read from here behind it.
    let depths = plan.reuse.depths(after: -1).map { max($0, 1) }
    var run = PlanRun(self, moments, start: part, depths: depths)
    var work = 0.0
    var known: [[(step: Int, value: [Float])]] = units.units.map { _ in [] }
    for step in subject.trajectory.steps.indices {
      let orders = plan.reuse.orders[step]
      let isWhole = orders.allSatisfy { $0 == nil }
      var fresh: ReuseMemory?
      if isNeeded[step], !isWhole {
        let memory = memory(depths: units.units.map { _ in 1 }, samples: samples)
        _ = try subject.forward(
          predictor(plan, step: step), run.states, part.labels, step: step,
          orders: orders.map { _ in nil }, forecasts: [], memory: memory, groups: 0..<1)
        work += wholeCost(plan, step: step)
        fresh = memory
      }
      try run.advance(plan, step: step)
      guard isNeeded[step] else { continue }
      for unit in units.units.indices {
        let computed = run.memory.values(unit: unit, group: 0, of: step)
        guard let value = computed ?? fresh?.values(unit: unit, group: 0, of: step) else {
          continue
        }
        known[unit].removeAll { step - $0.step > ValueMoments.reach }
        let axis = units.axes[unit].repeated(samples * subject.predictor.forwardsPerSample)
        for index in known[unit].indices {
          let earlier = known[unit][index]
          earlier.value.withUnsafeBufferPointer { past in
            result.add(
              unit: unit, step: step, value: value, before: earlier.step, past)
          }
        }
        result.add(unit: unit, step: step, value: value, axis: axis)
        known[unit].append((step, Array(value)))
      }
    }
    for unit in units.units.indices {
      result.count(
        unit: unit, axis: units.axes[unit].repeated(samples * subject.predictor.forwardsPerSample))
    }
    return (work + run.work) * Double(samples)
  }

  /// What a step costs where it reuses nothing.
  private func wholeCost(_ plan: StepPlan, step: Int) -> Double {
    var whole = plan
    whole.reuse.orders[step] = plan.reuse.orders[step].map { _ in nil }
    return cost(whole, step: step)
  }
}

extension ChannelAxis {
  /// Of as many samples, one behind the other.
  func repeated(_ samples: Int) -> ChannelAxis {
    var result = self
    result.outer *= samples
    return result
  }
}
