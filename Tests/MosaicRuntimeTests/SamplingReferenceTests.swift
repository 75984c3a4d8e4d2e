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
    var state = sampler.start(noise: try recording.floats("sample.noise"))
    for step in sampler.trajectory.steps.indices {
      try sampler.advance(&state, labels: labels, step: step, predictor)
      if let expected = try? recording.floats("\(name).after_step.\(step)") {
        #expect(relativeError(state.states, expected) <= 1e-3, "after step \(step)")
      }
    }
    #expect(relativeError(state.states, try recording.floats("\(name).final")) <= 1e-3)
  }

  /// The other samplers of the trained model, with its weights in f32.
  @Test(
    .enabled(if: Fixtures.models != nil, "MOSAIC_MODELS names no directory of models"),
    arguments: ["euler30", "euler30_trailing", "dpmpp2m20", "dpmpp2m20_karras"])
  func repeatsGlyphsWithOtherSamplers(name: String) throws {
    let path = "\(try #require(Fixtures.models))/glyph-dit"
    let network = try Network(path: path)
    let recording = try Recording(path: "\(path)/golden.safetensors")
    let isEuler = name.hasPrefix("euler")
    var config = try #require(network.model.scheduler)
      .sampled(with: isEuler ? .euler : .dpmpp2m)
    config.spacing = isEuler ? .leading : .linspace
    config.stepsOffset = 1
    if name.hasSuffix("trailing") { config.spacing = .trailing }
    config.sigmas.isKarras = name.hasSuffix("karras")
    let sampler = Sampler(
      trajectory: try Trajectory(config: config, steps: isEuler ? 30 : 20), seed: 0)
    #expect(
      sampler.trajectory.steps.map { Float($0.timestep) }
        == (try recording.floats("\(name).timesteps")))
    let predictor = try network.predictor(threads: 2)
    let final = try sampler.sample(
      noise: recording.floats("sample.noise"), labels: recording.integers("sample.class_labels")
    ) { _ in (predictor, 0) }
    // Found: 1e-5 at most, which is what f32 does to DDIM's fifty steps too; tenfold for other
    // instruction sets.
    #expect(relativeError(final, try recording.floats("\(name).final")) <= 1e-4)
  }
}
