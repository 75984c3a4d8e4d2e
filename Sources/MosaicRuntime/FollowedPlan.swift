public import MosaicBundle
public import MosaicCore

/// A bundle's plan with what following it takes.
public struct FollowedPlan: Sendable {
  public let plan: SamplingPlan
  public let uses: PlanUses

  /// - Parameter plan: One of the manifest's.
  public init(_ plan: SamplingPlan, of manifest: Manifest) {
    self.plan = plan
    uses = PlanUses(plan, of: manifest)
  }

  /// - Throws: `RuntimeError` where the plan is for another number of steps, or leaves out a forward
  ///   that the sampler uses.
  public func check(against trajectory: Trajectory) throws(RuntimeError) {
    guard plan.steps.count == trajectory.steps.count else {
      throw RuntimeError(
        .planLength(plan: plan.steps.count, steps: trajectory.steps.count))
    }
    for (number, step) in plan.steps.enumerated()
    where step.isNeeded != trajectory.steps[number].needsForward {
      throw RuntimeError(.planForward(step: number, isPlanned: step.isNeeded))
    }
  }

  /// Bytes of the values that later steps take.
  ///
  /// - Parameter forwardsPerSample: 2 with guidance.
  public func byteCount(samples: Int, forwardsPerSample: Int) -> Int {
    uses.elements.indices.reduce(0) { sum, unit in
      // A stranger's values may have any size.
      let floats = uses.elements[unit].addingClamped(uses.inputElements[unit])
      return sum.addingClamped(
        [uses.depths[unit], samples, forwardsPerSample, MemoryLayout<Float>.size].reduce(floats) {
          $0.multipliedClamped(by: $1)
        })
    }
  }

  func memory(samples: Int, forwardsPerSample: Int) -> ReuseMemory {
    ReuseMemory(
      units: plan.units.indices.map { unit in
        ReuseMemory.Unit(
          name: plan.units[unit], elements: uses.elements[unit], depth: uses.depths[unit],
          inputElements: uses.inputElements[unit])
      },
      // At their numbers, as the format says.
      positions: plan.steps.indices.map(Double.init), groupSize: samples,
      forwardsPerSample: forwardsPerSample)
  }
}
