import MosaicCore
import MosaicRuntime
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

@Suite struct PropagationTests {
  /// Another output at one step, followed to the end by hand. Batches of other heights round
  /// differently: 1e-5 of the largest change.
  @Test(arguments: [
    (SamplerKind.ddim, 0.0), (.ddim, 1), (.euler, 0), (.dpmpp2m, 0),
  ])
  func equalsARunWithOneOutputReplaced(sampler: SamplerKind, eta: Double) throws {
    let subject = try tinySubject(sampler: sampler) { $0.eta = eta }
    let base = try subject.sensitivityTrajectories(progress: noProgress)
    // Large enough for differences of f32 states not to matter.
    let replaced = base.outputs.map { output in output.map { 0.5 * $0 } }
    let deltas = try subject.propagate(replaced, in: base, stage: "", progress: noProgress)
    for changed in 0..<4 {
      var state = base.restarts[changed]
      subject.sampler.apply(
        replaced[changed], to: &state, step: changed, firstItem: SampleStart.sensitivity,
        stateSize: subject.predictor.stateSize)
      for step in changed + 1..<4 {
        try subject.sampler.advance(
          &state, labels: base.labels, step: step, firstItem: SampleStart.sensitivity,
          subject.predictor)
      }
      let expected = zip(state.states, base.final).map { $0 - $1 }
      #expect(relativeError(deltas[changed], expected) <= 1e-4, "step \(changed)")
    }
  }

  @Test func leavesUnchangedStepsOut() throws {
    let subject = try tinySubject()
    let base = try subject.sensitivityTrajectories(progress: noProgress)
    let one = try subject.propagate(
      [[], base.outputs[1], [], []], in: base, stage: "", progress: noProgress)
    #expect(one.map(\.isEmpty) == [true, false, true, true])
    // The same output: the same samples.
    #expect(relativeError(zip(one[1], base.final).map { $0 + $1 }, base.final) <= 1e-5)
  }

  @Test func keepsTheDenseTrajectory() throws {
    let subject = try tinySubject()
    let base = try subject.sensitivityTrajectories(progress: noProgress)
    let predictor = subject.predictor
    let final = try subject.sampler.sample(
      noise: base.states[0], labels: base.labels, firstItem: base.firstItem
    ) { _ in (predictor, 0) }
    #expect(final == base.final)
  }

  @Test func predictsNothingForTheDenseNetwork() throws {
    let subject = try tinySubject()
    let base = try subject.sensitivityTrajectories(progress: noProgress)
    let none = try subject.measurePlan(on: base, progress: noProgress) { _ in nil }
    #expect(none.predictedError == 0 && none.ownErrors == [0, 0, 0, 0])
    let dense = try subject.measurePlan(on: base, progress: noProgress) { _ in subject.predictor }
    #expect(dense.ownErrors == [0, 0, 0, 0])
    // What is left is the rounding of f32 states in batches of other heights.
    let scale = base.final.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(base.final.count)
    #expect(dense.predictedError <= 1e-10 * scale)
  }

  /// One pruned step alone: nothing is added up, so what is predicted is what a run gives.
  @Test func predictsOnePrunedStepExactly() throws {
    let subject = try tinySubject()
    let statistics = try subject.gatherStatistics(progress: noProgress)
    let pruner = Pruner(
      dense: subject.dense, groups: subject.groups, criterion: .obs, seed: 0, threads: 1)
    let network = try pruner.order(by: statistics.moments[0])
      .networks(removing: [uniformRemovals(of: subject.groups, sparsity: 0.5)])[0]
    let pruned = try subject.predictor(of: network)
    let base = try subject.sensitivityTrajectories(progress: noProgress)
    let plan = try subject.measurePlan(on: base, progress: noProgress) { $0 == 1 ? pruned : nil }
    let predictor = subject.predictor
    let final = try subject.sampler.sample(
      noise: base.states[0], labels: base.labels, firstItem: base.firstItem
    ) { step in (step == 1 ? pruned : predictor, 0) }
    let measured = meanSquare(final, base.final)
    #expect(abs(plan.predictedError / measured - 1) <= 1e-3)
    #expect(plan.arrivingErrors[1] == plan.predictedError)
    #expect(plan.ownErrors[1] > 0 && plan.ownErrors[0] == 0)
  }
}
