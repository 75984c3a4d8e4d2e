import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicRuntime

/// Runs that begin at a later step, from images.
@Suite struct LaterStartTests {
  private let network: Network

  init() throws { network = try Network("tiny-dit") }

  private func sampler(_ kind: SamplerKind, steps: Int = 6) throws -> Sampler {
    let scheduler = try #require(network.model.scheduler).sampled(with: kind)
    return Sampler(trajectory: try Trajectory(config: scheduler, steps: steps), seed: 3)
  }

  /// x = sqrt(a) x0 + sqrt(1 - a) noise: what DDIM's states are, and what Euler's network sees.
  @Test(arguments: [SamplerKind.ddim, .euler]) func imagesGetTheStepsNoise(
    kind: SamplerKind
  ) throws {
    let sampler = try sampler(kind)
    let (images, noise) = ([1, -2, 0.5] as [Float], [0.25, 1, -1] as [Float])
    for step in sampler.trajectory.steps.indices {
      let state = try sampler.start(noise: noise, images: images, step: step)
      let alpha = sampler.trajectory.steps[step].alpha
      let seen = sampler.networkInput(state, step: step)
      for index in 0..<3 {
        let expected =
          alpha.squareRoot() * Double(images[index])
          + (1 - alpha).squareRoot() * Double(noise[index])
        #expect(abs(Double(seen[index]) - expected) < 1e-6)
      }
    }
  }

  @Test func stepsBeforeAreLeftOut() throws {
    let sampler = try sampler(.ddim)
    let predictor = try network.predictor()
    let (noise, labels) = network.start(2)
    let images = noise.map { 0.5 * $0 }
    var steps: [Int] = []
    let found = try sampler.sample(
      noise: noise, labels: labels,
      from: LaterStart(images: images, shape: [2] + network.model.description.sampleShape, step: 4),
      predictor: { _ in (predictor, 0) }, progress: { steps.append($0.step) })
    #expect(steps == [4, 5])
    var state = try sampler.start(noise: noise, images: images, step: 4)
    for step in 4..<6 { try sampler.advance(&state, labels: labels, step: step, predictor) }
    #expect(found == state.states)
  }

  @Test func whatCannotBeStartedAtIsRefused() throws {
    let noise: [Float] = [1]
    #expect(throws: RuntimeError(.startOutside(step: 6, steps: 6))) {
      try sampler(.ddim).start(noise: noise, images: noise, step: 6)
    }
    #expect(throws: RuntimeError(.startUnsupported)) {
      try sampler(.dpmpp2m).start(noise: noise, images: noise, step: 2)
    }
    let error = RuntimeError(.startOutside(step: 6, steps: 6))
    #expect(error.description == "step 7 to start at is outside 1...6, which the run has")
    #expect(error.exitStatus == .usage)
  }
}
