import MosaicCore
import MosaicRuntime
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

@Suite struct PlanProbeTests {
  private func networks(_ subject: CalibrationSubject) throws -> PlanNetworks {
    let statistics = try subject.gatherStatistics(progress: noProgress)
    let pruner = Pruner(
      dense: subject.dense, groups: subject.groups, criterion: .obs, seed: 0, threads: 1)
    let pruned = try subject.buckets.indices.map { bucket in
      try pruner.order(by: statistics.moments(ofBucket: bucket)).networks(
        removing: [0.25, 0.5].map { uniformRemovals(of: subject.groups, sparsity: $0) })
    }
    return try PlanNetworks(subject, sparsities: [0.25, 0.5], networks: pruned)
  }

  private func held(_ subject: CalibrationSubject) throws -> DenseTrajectories {
    try subject.trajectories(from: SampleStart.plan, samples: 5, progress: noProgress)
  }

  /// A plan that prunes one bucket and reuses two units, one of them extrapolated.
  private func plan(_ networks: PlanNetworks) -> StepPlan {
    var plan = StepPlan(
      levels: [1, 0], reuse: ReusePlan(units: networks.units.names, steps: 4))
    plan.reuse.orders[2][0] = 1
    plan.reuse.orders[3][1] = 0
    return plan
  }

  @Test func nothingReusedIsTheDenseRun() throws {
    let subject = try tinySubject()
    let networks = try networks(subject)
    let base = try held(subject)
    let plan = StepPlan(levels: [0, 0], reuse: ReusePlan(units: networks.units.names, steps: 4))
    #expect(try networks.finals(of: plan, on: base, progress: noProgress) == base.final)
    #expect(networks.cost(plan) == 1)
  }

  /// What is measured of a move is the difference of two whole runs. Batches of other heights round
  /// differently.
  @Test(arguments: [nil, 3 as Float], [SamplerKind.ddim, .dpmpp2m])
  func measuresWhatAMoveDoes(guidance: Float?, sampler: SamplerKind) throws {
    let subject = try tinySubject(sampler: sampler) { $0.guidance = guidance }
    let networks = try networks(subject)
    let base = try held(subject)
    let plan = plan(networks)
    let last = networks.units.names.count - 1
    let moves: [PlanMove] = [
      .reuse(step: 1, unit: 2, order: 0), .reuse(step: 2, unit: 2, order: 1),
      .reuse(step: 2, unit: 0, order: 0), .reuse(step: 2, unit: 0, order: nil),
      .reuse(step: 2, unit: 1, order: 0), .reuse(step: 2, unit: last, order: 0),
      .prune(bucket: 0, level: 2), .prune(bucket: 1, level: 1),
    ]
    let measured = try networks.measure(
      moves, around: plan, on: base, stage: "", progress: noProgress)
    let final = try networks.finals(of: plan, on: base, progress: noProgress)
    #expect(relativeError(measured.error, zip(final, base.final).map { $0 - $1 }) <= 1e-4)
    for (move, change) in zip(moves, measured.changes) {
      let changed = try networks.finals(of: plan.taking(move), on: base, progress: noProgress)
      let expected = zip(changed, final).map { $0 - $1 }
      #expect(relativeError(change, expected) <= 1e-3, "\(move)")
    }
    #expect(measured.work > 1)
  }

  /// Costs are counted from the graph; a step whose output nobody reads costs nothing.
  @Test func costsWhatIsComputed() throws {
    let subject = try tinySubject()
    let networks = try networks(subject)
    let graph = subject.dense.graph
    let steps = subject.trajectory.steps.count { $0.needsForward }
    var plan = StepPlan(levels: [0, 0], reuse: ReusePlan(units: networks.units.names, steps: 4))
    plan.reuse.orders[1][0] = 0
    // Of 4 x 4 tokens with 16 channels, in the branch's input and in its value.
    let correction = ForecastModel.rank * 2 * networks.units.elements[0]
    let saved =
      Double(networks.units.units[0].macs - correction) / Double(graph.macs) / Double(steps)
    #expect(abs(networks.cost(plan) - (1 - saved)) <= 1e-12)
    // The network's output reused: nothing is left to compute.
    plan.reuse.orders[1][networks.units.names.count - 1] = 0
    #expect(networks.cost(plan, step: 1) == 0)
    #expect(
      networks.units.within[networks.units.names.count - 1].count == networks.units.names.count - 1)
  }
}
