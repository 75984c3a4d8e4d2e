import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicRuntime

@Suite struct BehaviourComparisonTests {
  private let network: Network
  private let sampler: Sampler

  init() throws {
    network = try Network("tiny-dit")
    let config = try #require(network.model.scheduler)
    sampler = Sampler(trajectory: try Trajectory(config: config, steps: 6), seed: 3)
  }

  /// The network itself, and from the fourth step on one whose last bias is off by `shift`.
  private func shifted(by shift: Float) throws -> Switching {
    let executor = try network.executor()
    let weights = zip(executor.weightValues, executor.program.weights).map { values, weight in
      weight.name == "proj_out_2.bias" ? FloatBuffer(values.array.map { $0 + shift }) : values
    }
    let other = try Predictor(
      executor: Executor(program: executor.program, weights: weights, threads: 1),
      model: network.model.description, guidance: nil)
    return Switching(
      first: try network.predictor(), second: other, from: sampler.trajectory.steps[3].logSNR)
  }

  private func compare(
    _ a: any Denoiser, _ b: any Denoiser, tolerance: Double = 0
  ) throws -> BehaviourComparison {
    try BehaviourComparison(a, b, sampler: sampler, samples: 3, tolerance: tolerance)
  }

  @Test func sameNetworkIsAlike() throws {
    let dense = DenseDenoiser(try network.predictor())
    let run = try compare(dense, dense)
    #expect(run.isAlike && run.firstStepOutside == nil)
    #expect(run.steps.count == 6)
    #expect(run.steps.allSatisfy { $0.error.meanSquared == 0 && $0.error.relative == 0 })
    #expect(run.final.peakSignalToNoise == .infinity)
    #expect(run.json["psnr"] == .null)
    #expect(run.ranges.map(\.steps) == [0..<6])
  }

  @Test func findsWhereTrajectoriesPart() throws {
    let run = try compare(
      DenseDenoiser(try network.predictor()), try shifted(by: 0.5), tolerance: 1e-6)
    #expect(!run.isAlike)
    #expect(run.firstStepOutside == 3)
    #expect(run.steps[..<3].allSatisfy { $0.error.meanSquared == 0 })
    #expect(run.ranges.map(\.steps) == [0..<3, 3..<6])
    #expect(run.ranges.map(\.variants.candidate) == [0, 1])
    #expect(run.ranges[1].errorBefore == 0)
    #expect(run.ranges[1].errorAfter == run.final.meanSquared)
    #expect(run.text.contains("first step over 1.00e-6: 3"))
    // A tolerance wider than the difference accepts it.
    let wide = try compare(
      DenseDenoiser(try network.predictor()), try shifted(by: 0.5),
      tolerance: run.final.relative)
    #expect(wide.isAlike)
  }

  /// The last step's states are those that a plain run gives.
  @Test func comparesTheRunsThemselves() throws {
    func final(_ denoiser: some Denoiser) throws -> [Float] {
      var denoiser = denoiser
      var request = SampleRequest()
      request.count = 3
      request.seed = 3
      return try sampler.run(request, with: &denoiser).images
    }
    let dense = DenseDenoiser(try network.predictor())
    let other = try shifted(by: 0.25)
    #expect(try compare(dense, other).final == StateError(try final(dense), try final(other)))
  }

  @Test func otherSamplesAreRefused() throws {
    let glyph = try Network("glyph-dit")
    #expect(throws: RuntimeError.self) {
      try compare(
        DenseDenoiser(try network.predictor()), DenseDenoiser(try glyph.predictor()))
    }
  }

  @Test func stateErrors() {
    // By hand: differences 0, 1, -2; range 1 - -4.
    let error = StateError([1, 0, -4], [1, -1, -2])
    #expect(error.meanSquared == 5.0 / 3)
    #expect(error.relative == 0.5)
    #expect(error.dataRange == 5)
    #expect(abs(error.cosine - 9 / (17.0 * 6).squareRoot()) < 1e-15)
    // 10 log10(25 / (5/3)) = 10 log10 15.
    #expect(abs(error.peakSignalToNoise - 11.760912590556813) < 1e-12)
    #expect(StateError([0, 0], [0, 0]).cosine == 1)
    #expect(StateError([0, 0], [0, 1]).cosine == 0)
    #expect(StateError([1, 2], [.nan, 2]).relative == .infinity)
  }
}

/// One network above a noise level, another below.
private struct Switching: Denoiser {
  let first: Predictor
  let second: Predictor
  let from: Double

  var model: ModelDescription { first.model }

  func predictor(logSNR: Double) -> (Predictor, Int) {
    logSNR >= from ? (second, 1) : (first, 0)
  }
}
