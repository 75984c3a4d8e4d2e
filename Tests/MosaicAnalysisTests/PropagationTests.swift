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
    let base = try held(subject)
    // Large enough for differences of f32 states not to matter.
    let replaced = base.outputs.map { output in output.map { 0.5 * $0 } }
    let deltas = try subject.propagate(replaced, in: base) { _ in }
    for changed in 0..<4 {
      var state = base.states[changed]
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
    let base = try held(subject)
    let one = try subject.propagate(
      [[], base.outputs[1], [], []], in: base
    ) { _ in }
    #expect(one.map(\.isEmpty) == [true, false, true, true])
    // The same output: the same samples.
    #expect(relativeError(zip(one[1], base.final).map { $0 + $1 }, base.final) <= 1e-5)
  }

  @Test func keepsTheDenseTrajectory() throws {
    let subject = try tinySubject()
    let base = try held(subject)
    let predictor = subject.predictor
    let noise = subject.noise(from: base.firstItem, samples: base.labels.count)
    let final = try subject.sampler.sample(
      noise: noise, labels: base.labels, firstItem: base.firstItem
    ) { _ in (predictor, 0) }
    #expect(final == base.final)
  }

  /// A part of the trajectories is what those samples give alone.
  @Test(arguments: [SamplerKind.ddim, .dpmpp2m]) func splitIntoParts(sampler: SamplerKind) throws {
    let subject = try tinySubject(sampler: sampler) { $0.sensitivitySamples = 32 }
    let part = try held(subject).part(16..<32)
    let alone = try subject.trajectories(
      from: SampleStart.sensitivity + 16, samples: 16, progress: noProgress)
    #expect(part.final == alone.final && part.labels == alone.labels)
    #expect(part.firstItem == alone.firstItem && part.outputs == alone.outputs)
    #expect(part.states == alone.states)
  }

  private func held(_ subject: CalibrationSubject) throws -> DenseTrajectories {
    try subject.trajectories(
      from: SampleStart.sensitivity, samples: subject.options.sensitivitySamples,
      progress: noProgress)
  }

  /// A rehearsal of the dense network is the dense run, to the last bit; of a pruned one it is what
  /// a run of it gives.
  @Test(arguments: [SamplerKind.ddim, .euler, .dpmpp2m])
  func rehearsesWhatWillRun(sampler: SamplerKind) throws {
    let subject = try tinySubject(sampler: sampler)
    let base = try held(subject)
    for same in [nil, subject.predictor] {
      let plan = try subject.measurePlan(on: base, progress: noProgress) { _ in same }
      #expect(plan.final.mean == 0 && plan.stateErrors == [0, 0, 0, 0])
      #expect(plan.ownErrors == [0, 0, 0, 0])
    }
    let statistics = try subject.gatherStatistics(progress: noProgress)
    let pruner = Pruner(
      dense: subject.dense, groups: subject.groups, criterion: .obs, seed: 0, threads: 1)
    let network = try pruner.order(by: statistics.moments(ofBucket: 0))
      .networks(removing: [uniformRemovals(of: subject.groups, sparsity: 0.5)])[0]
    let pruned = try subject.predictor(of: network)
    let plan = try subject.measurePlan(on: base, progress: noProgress) { $0 == 1 ? pruned : nil }
    let predictor = subject.predictor
    let final = try subject.sampler.sample(
      noise: subject.noise(from: base.firstItem, samples: base.labels.count), labels: base.labels,
      firstItem: base.firstItem
    ) { step in (step == 1 ? pruned : predictor, 0) }
    #expect(plan.final == PairedError(final, base.final, sampleSize: subject.predictor.stateSize))
    // Two orders of the same f64 sum.
    #expect(abs(plan.final.mean / plan.stateErrors[3] - 1) <= 1e-12)
    #expect(plan.ownErrors[1] > 0 && plan.ownErrors[0] == 0)
    #expect(plan.stateErrors[0] == 0 && plan.stateErrors[1] > 0)
  }

  /// Parts are drawn until the mean is known well enough, and are other samples each time.
  @Test func drawsUntilThePredictionIsCertain() throws {
    let subject = try tinySubject { $0.predictionSamples = 5 }
    let same = try HeldOutSamples(subject).measure(progress: noProgress) { _ in nil }
    #expect(same.final.mean == 0 && same.finalErrors.count == 5)
    let statistics = try subject.gatherStatistics(progress: noProgress)
    let pruner = Pruner(
      dense: subject.dense, groups: subject.groups, criterion: .obs, seed: 0, threads: 1)
    let network = try pruner.order(by: statistics.moments(ofBucket: 0))
      .networks(removing: [uniformRemovals(of: subject.groups, sparsity: 0.5)])[0]
    let pruned = try subject.predictor(of: network)
    let samples = HeldOutSamples(subject)
    let found = try samples.measure(progress: noProgress) { _ in pruned }
    let parts = found.finalErrors.count / 5
    #expect(parts > 1 && Set(found.finalErrors).count == found.finalErrors.count)
    let certain = { (count: Int) in
      let error = PairedError(Array(found.finalErrors.prefix(5 * count)))
      return error.standardError <= HeldOutSamples.tolerance * error.mean
    }
    #expect(certain(parts) || parts == HeldOutSamples.mostParts)
    #expect(!(1..<parts).contains(where: certain))
    // One run over all of them: other heights of products round differently.
    let base = try subject.trajectories(
      from: SampleStart.prediction, samples: 5 * parts, progress: noProgress)
    let whole = try subject.measurePlan(on: base, progress: noProgress) { _ in pruned }
    #expect(abs(found.final.mean / whole.final.mean - 1) <= 1e-4)
    for step in 0..<4 {
      #expect(abs(found.stateErrors[step] / whole.stateErrors[step] - 1) <= 1e-4)
      #expect(abs(found.ownErrors[step] / whole.ownErrors[step] - 1) <= 1e-4)
    }
    #expect(try samples.measure(progress: noProgress) { _ in pruned } == found)
  }
}
