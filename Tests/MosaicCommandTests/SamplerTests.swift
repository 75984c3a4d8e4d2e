import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// `--sampler`, for checkpoints and for bundles, and what it does not take.
@Suite struct SamplerTests {
  let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")

  init() throws { workspace = try Workspace() }

  private func sample(_ model: String, _ name: String, _ more: [String]) throws -> SafetensorsReader
  {
    let path = workspace.output(name)
    let result = try mosaic(["run", model, "-o", path, "--quiet", "--steps", "6"] + more)
    #expect(result.status == 0, "\(result.errors)")
    return try SafetensorsReader(path: path)
  }

  private func floats(_ file: SafetensorsReader, _ name: String) throws -> [Float] {
    try #require(file.tensor(name)).floats()
  }

  /// A bundle serves noise levels, so it runs with any sampler: unpruned as the checkpoint does.
  @Test(arguments: ["ddim", "ddpm", "euler", "dpmpp2m"])
  func bundlesRunWithAny(sampler: String) throws {
    let path = workspace.output("whole.mosaic")
    let converted = try mosaic(
      ["convert", tiny, "-o", path, "--quiet", "--budget", "1"] + quickConversion)
    #expect(converted.status == 0, "\(converted.errors)")
    let more = ["--sampler", sampler, "--count", "2"]
    let dense = try sample(tiny, "dense.safetensors", more)
    let bundle = try sample(path, "bundle.safetensors", more)
    for name in ["images", "timesteps", "noise"] {
      #expect(try floats(bundle, name) == floats(dense, name), "\(name)")
    }
    let own = try sample(path, "own.safetensors", ["--count", "2"])
    #expect(try (floats(own, "images") == floats(bundle, "images")) == (sampler == "ddim"))
    #expect(try floats(own, "noise") == floats(bundle, "noise"))
  }

  @Test func timestepsNeedNotBeWhole() throws {
    let checkpoint = try workspace.checkpoint()
    try checkpoint.set(
      [("timestep_spacing", "linspace")], in: checkpoint.scheduler)
    let euler = try sample(checkpoint.path, "euler.safetensors", ["--sampler", "euler"])
    let expected = (0..<6).reversed().map { Float(999 * $0) / 5 }
    #expect(try floats(euler, "timesteps") == expected)
  }

  /// A conversion is for the sampler that it is asked for, and its bundle knows it.
  @Test func conversionsRememberTheirs() throws {
    let path = workspace.output("solver.mosaic")
    let converted = try mosaic(
      ["convert", tiny, "-o", path, "--quiet", "--budget", "1", "--sampler", "dpmpp2m"]
        + quickConversion)
    #expect(converted.status == 0, "\(converted.errors)")
    let summary = try mosaic("inspect", path, "--json").json()
    #expect(summary["schedule"]?["sampler"]?.string == "dpmpp2m")
    let arguments = try #require(summary["arguments"]?.array)
    #expect(arguments.suffix(2) == ["--sampler", "dpmpp2m"])
    let own = try sample(path, "own.safetensors", [])
    let dense = try sample(tiny, "dense.safetensors", ["--sampler", "dpmpp2m"])
    #expect(try floats(own, "images") == floats(dense, "images"))
    let ddim = try mosaic(
      "diff", "--behaviour", path, tiny, "--sampler", "ddim", "--steps", "4", "--samples", "2")
    #expect(ddim.status == 0, "\(ddim.errors)")
  }

  @Test func otherProcessesAreRefused() throws {
    let result = try mosaic(
      "run", tiny, "-o", workspace.output("out.safetensors"), "--sampler", "flow")
    expectRefusal(
      result, .unsupported,
      "\(tiny)/scheduler/scheduler_config.json: the noise of DDIMScheduler cannot be sampled "
        + "with flow; use ddim, ddpm, euler, dpmpp2m")
    let bundle = try workspace.bundle()
    expectRefusal(
      try mosaic("run", bundle, "-o", workspace.output("out.safetensors"), "--sampler", "flow"),
      .unsupported,
      "scheduler: the noise of DDIMScheduler cannot be sampled with flow; "
        + "use ddim, ddpm, euler, dpmpp2m")
    expectRefusal(
      try mosaic("run", tiny, "-o", workspace.output("out.safetensors"), "--image-tokens", "16"),
      .usage, "--image-tokens: the scheduler does not shift its steps by the image's size")
  }

  /// Schedulers as diffusers writes them: one with an infinite number, and one that asks how large
  /// the image is.
  @Test func schedulersOfOtherFilesAreRead() throws {
    let solver = try workspace.directory.file(
      "solver.json",
      Array(
        #"{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity}"#.utf8))
    _ = try sample(tiny, "out.safetensors", ["--scheduler", solver])
    let path = try workspace.directory.file(
      "flow.json",
      Array(
        #"{"_class_name": "FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": true}"#.utf8))
    expectRefusal(
      try mosaic("run", tiny, "-o", workspace.output("flow.safetensors"), "--scheduler", path),
      .usage,
      "scheduler: use_dynamic_shifting needs the number of tokens of an image; give --image-tokens")
    let flow = try sample(
      tiny, "flow.safetensors", ["--scheduler", path, "--image-tokens", "256"])
    #expect(try floats(flow, "timesteps").first == 1000)
    #expect(try floats(flow, "images").allSatisfy(\.isFinite))
  }
}
