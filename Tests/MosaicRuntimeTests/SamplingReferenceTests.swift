import MosaicCore
import MosaicRuntime
import MosaicTestSupport
import Testing

/// Whole trajectories against those that diffusers' own samplers recorded.
@Suite struct SamplingReferenceTests {
  /// Untrained weights contract errors: what one forward promises, eight steps keep.
  @Test(
    arguments: ["linear", "scaled-linear", "cosine", "v-prediction", "x0-prediction"], [nil, 2])
  func repeatsTiny(name: String, guidance: Float?) throws {
    let network = try Network("tiny-dit")
    let recording = try Recording(path: Fixtures.path("tiny-dit/trajectories.safetensors"))
    let file = "schedulers/\(name)/scheduler_config.json"
    let json = try MappedFile(path: Fixtures.path("tiny-dit/\(file)")).withBytes {
      try JSONValue(parsing: $0)
    }
    let sampler = Sampler(
      trajectory: try Trajectory(config: SchedulerConfig(json: json, file: file), steps: 8),
      seed: 0)
    #expect(
      sampler.trajectory.steps.map { Float($0.timestep) }
        == (try recording.floats("\(name).timesteps")))
    let predictor = try network.predictor(guidance: guidance)
    let final = try sampler.sample(
      noise: recording.floats("noise"), labels: recording.integers("class_labels")
    ) { _ in (predictor, 0) }
    let key = guidance == nil ? "\(name).final" : "\(name).guidance2.final"
    #expect(relativeError(final, try recording.floats(key)) <= 1e-4)
  }

  /// A trained network amplifies: PyTorch in f32 and in f64 differ by 1e-5 at the end of 50 steps,
  /// and a hundred times that is far below any mistake of a coefficient.
  @Test(arguments: [(20, nil), (50, nil), (50, 2)] as [(Int, Float?)])
  func repeatsGlyphs(steps: Int, guidance: Float?) throws {
    let network = try Network("glyph-dit")
    let recording = try Recording(path: Fixtures.path("glyph-dit/golden.safetensors"))
    let name = "ddim\(steps)" + (guidance == nil ? "" : "_guidance2")
    let config = try #require(network.model.scheduler)
    let sampler = Sampler(trajectory: try Trajectory(config: config, steps: steps), seed: 0)
    #expect(
      sampler.trajectory.steps.map { Float($0.timestep) }
        == (try recording.floats("\(name).timesteps")))
    let predictor = try network.predictor(guidance: guidance, threads: 2)
    let labels = try recording.integers("sample.class_labels")
    var states = try recording.floats("sample.noise")
    for step in sampler.trajectory.steps.indices {
      try sampler.advance(&states, labels: labels, step: step, predictor)
      if let expected = try? recording.floats("\(name).after_step.\(step)") {
        #expect(relativeError(states, expected) <= 1e-3, "after step \(step)")
      }
    }
    #expect(relativeError(states, try recording.floats("\(name).final")) <= 1e-3)
  }
}
