import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// Checkpoints that lack something, or are something else.
@Suite struct CheckpointTests {
  let workspace: Workspace
  let checkpoint: Checkpoint

  init() throws {
    workspace = try Workspace()
    checkpoint = try workspace.checkpoint()
  }

  private func convert(_ path: String, _ more: [String] = []) throws -> CommandResult {
    try mosaic(
      ["convert", path, "-o", workspace.output("out.mosaic"), "--quiet"] + quickConversion + more)
  }

  private func refuses(
    _ message: String, _ status: MosaicCore.ExitStatus,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try convert(checkpoint.path)
    expectRefusal(result, status, message, sourceLocation: sourceLocation)
    #expect(try workspace.written() == [], sourceLocation: sourceLocation)
  }

  @Test func unsupportedClass() throws {
    try checkpoint.set([("_class_name", "FluxTransformer2DModel")], in: checkpoint.config)
    try refuses(
      "\(checkpoint.config): class FluxTransformer2DModel is not supported; known are "
        + "DiTTransformer2DModel", .unsupported)
  }

  @Test func unknownField() throws {
    try checkpoint.set([("flux_capacitor", 3)], in: checkpoint.config)
    let result = try convert(checkpoint.path)
    #expect(result.errors.hasPrefix("mosaic: \(checkpoint.config): 'flux_capacitor'"))
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(result.status == ExitStatus.unsupported.rawValue)
    #expect(try workspace.written() == [])
  }

  @Test func noConfiguration() throws {
    try FileManager.default.removeItem(atPath: checkpoint.config)
    try refuses(
      "\(checkpoint.path)/transformer: holds no config.json; give the diffusers directory of the "
        + "model or of its network", .missingInput)
  }

  @Test func noScheduler() throws {
    try FileManager.default.removeItem(atPath: checkpoint.scheduler)
    try refuses(
      "\(checkpoint.path): holds no scheduler/scheduler_config.json; name one with --scheduler "
        + "FILE", .badConfiguration)
    let sampled = try mosaic("run", checkpoint.path, "-o", workspace.output("out.safetensors"))
    expectRefusal(
      sampled, .badConfiguration,
      "\(checkpoint.path): holds no scheduler/scheduler_config.json; name one with --scheduler "
        + "FILE")
    #expect(try workspace.written() == [])

    // What the message advises works, and a look inside needs none.
    #expect(try mosaic("inspect", checkpoint.path).status == 0)
    let given = try mosaic(
      "run", checkpoint.path, "-o", workspace.output("out.safetensors"), "--steps", "2", "--quiet",
      "--scheduler", Fixtures.path("tiny-dit/scheduler/scheduler_config.json"))
    #expect(given.status == 0, "\(given.errors)")
  }

  @Test func schedulerOfAnotherFamily() throws {
    try checkpoint.set(
      [("_class_name", "EulerAncestralDiscreteScheduler")], in: checkpoint.scheduler)
    let result = try convert(checkpoint.path)
    #expect(
      result.errors.hasPrefix(
        "mosaic: \(checkpoint.scheduler): EulerAncestralDiscreteScheduler is"))
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(result.status == ExitStatus.unsupported.rawValue)
    #expect(try workspace.written() == [])
  }

  @Test func noSuchDirectory() throws {
    let path = "\(workspace.directory.path)/nowhere"
    expectRefusal(try convert(path), .missingInput, "\(path): no such file; check the path")
    #expect(try workspace.written() == [])
  }

  @Test func emptyDirectory() throws {
    expectRefusal(
      try convert(workspace.outputs), .missingInput,
      "\(workspace.outputs): holds no config.json; give the diffusers directory of the model or of "
        + "its network")
    #expect(try workspace.written() == [])
  }

  @Test func bundleInPlaceOfCheckpoint() throws {
    let bundle = try workspace.bundle()
    expectRefusal(
      try convert(bundle), .usage,
      "\(bundle): a diffusers directory or an ONNX model is needed here; bundles are inspected, run and compared")
    #expect(try workspace.written() == [])
  }

  @Test func severalWeightFiles() throws {
    let folder = "\(checkpoint.path)/transformer"
    try FileManager.default.copyItem(
      atPath: checkpoint.weights,
      toPath: "\(folder)/diffusion_pytorch_model.fp16.safetensors")
    try refuses(
      "\(folder): holds several sets of weights; choose one with --weights: "
        + "diffusion_pytorch_model.fp16.safetensors, diffusion_pytorch_model.safetensors", .usage)
    let chosen = try mosaic("inspect", checkpoint.path, "--weights", "fp16")
    #expect(chosen.status == 0, "\(chosen.errors)")
  }

  @Test(arguments: ["0", "-1", "1.5", "nan", "inf"]) func budgetOutsideItsRange(
    budget: String
  ) throws {
    let number = try #require(Double(budget))
    expectUsageError(
      try convert(checkpoint.path, ["--budget=\(budget)"]),
      "--budget must be over 0 and at most 1, found \(number).")
    #expect(try workspace.written() == [])
  }

  @Test func budgetOutOfReach() throws {
    let result = try convert(checkpoint.path, ["--budget", "0.01"])
    #expect(result.errors.hasPrefix("mosaic: budget 0.01 is out of reach: the largest sparsity at"))
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(result.output == "")
    #expect(result.status == ExitStatus.usage.rawValue)
    #expect(try workspace.written() == [])
  }

  @Test func moreRangesThanSteps() throws {
    expectRefusal(
      try convert(checkpoint.path, ["--ranges", "9"]), .usage,
      "9 step ranges were asked for, but 8 sampling steps measured in 8 buckets have 8 at most; "
        + "ask for 1 to 8")
    #expect(try workspace.written() == [])
  }

  @Test func moreStepsThanTraining() throws {
    expectRefusal(
      try mosaic(
        "convert", checkpoint.path, "-o", workspace.output("out.mosaic"), "--steps", "1001"),
      .badConfiguration,
      "scheduler: steps is 1001; expected 1 to 1000, the num_train_timesteps")
    #expect(try workspace.written() == [])
  }

  @Test(arguments: [
    ["--ranges", "0"], ["--steps", "0"], ["--samples", "0"], ["--proof-samples", "0"],
  ])
  func countsBelowOne(arguments: [String]) throws {
    expectUsageError(
      try convert(checkpoint.path, arguments), "\(arguments[0]) must be 1 or more, found 0.")
    #expect(try workspace.written() == [])
  }

  @Test func memoryTooSmall() throws {
    let result = try convert(checkpoint.path, ["--max-memory", "1K"])
    #expect(result.errors.contains("--max-memory leaves"))
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(result.status == ExitStatus.usage.rawValue)
    #expect(try workspace.written() == [])
  }
}
