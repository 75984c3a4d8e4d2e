import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// ONNX models through the whole pipeline.
@Suite struct ONNXConvertTests {
  let workspace: Workspace
  private let model = Fixtures.path("tiny-dit-onnx/model.dynamic.opset18.onnx")
  private let checkpoint = Fixtures.path("tiny-dit")
  private let scheduler = [
    "--scheduler", Fixtures.path("tiny-dit/scheduler/scheduler_config.json"),
  ]

  init() throws { workspace = try Workspace() }

  private func images(_ arguments: [String], _ name: String) throws -> [Float] {
    let path = workspace.output("\(name).safetensors")
    let result = try mosaic(["run"] + arguments + ["-o", path, "--quiet"])
    #expect(result.status == 0, "\(result.errors)")
    return try #require(try SafetensorsReader(path: path).tensor("images")).floats()
  }

  private func floats(_ values: [Float], _ shape: [Int]) -> TensorView {
    TensorView(values, shape: shape)
  }

  /// The network is that of the checkpoint it was exported from, whatever exporter wrote it.
  @Test(arguments: ["model.dynamic.opset18.onnx", "model.torchscript.onnx"])
  func samplesAsTheCheckpoint(export: String) throws {
    let settings = ["--steps", "6", "--count", "3", "--guidance", "2", "--seed", "4"]
    let own = try images([checkpoint] + settings, "own")
    let found = try images(
      [Fixtures.path("tiny-dit-onnx/\(export)"), "--null-class", "10"] + scheduler + settings,
      "onnx")
    #expect(relativeError(found, own) <= 1e-4)
  }

  /// So is the bundle.
  @Test func convertsAsTheCheckpoint() throws {
    let bundle = workspace.output("onnx.mosaic")
    let result = try mosaic(
      ["convert", model, "-o", bundle, "--null-class", "10", "--quiet"] + scheduler
        + quickConversion)
    #expect(result.status == 0, "\(result.errors)")
    let settings = ["--count", "4", "--seed", "9"]
    let found = try images([bundle] + settings, "onnx")
    let own = try images([try workspace.bundle()] + settings, "own")
    #expect(relativeError(found, own) <= 1e-4)
    #expect(try mosaic("verify", bundle).status == 0)
    let alike = try mosaic(
      [
        "diff", model, checkpoint, "--behaviour", "--null-class", "10", "--steps", "4", "--samples",
        "4", "--tolerance", "1e-4",
      ] + scheduler)
    #expect(alike.status == 0, "\(alike.errors)")
  }

  @Test func analysesForConversion() throws {
    let stats = workspace.output("onnx.stats")
    let analysed = try mosaic(
      ["analyse", model, "-o", stats, "--samples", "32", "--steps", "8", "--quiet"] + scheduler)
    #expect(analysed.status == 0, "\(analysed.errors)")
    let converted = try mosaic(
      [
        "convert", model, "-o", workspace.output("a.mosaic"), "--stats", stats, "--proof-samples",
        "8", "--quiet",
      ] + scheduler)
    #expect(converted.status == 0, "\(converted.errors)")
  }

  @Test func refusals() throws {
    let output = workspace.output("out.safetensors")
    expectRefusal(
      try mosaic("run", model, "-o", output), .badConfiguration,
      "\(model): holds no scheduler/scheduler_config.json; name one with --scheduler FILE")
    expectRefusal(
      try mosaic("convert", model, "-o", output, "--input", "timestep=time"), .usage,
      "\(model): has no input 'time' to give a role; its inputs are 'hidden_states' [n, 4, 8, 8], "
        + "'timestep' i64 [n], 'class_labels' i64 [n]")
    expectRefusal(
      try mosaic(["run", model, "-o", output, "--guidance", "3"] + scheduler), .usage,
      "guidance needs a class that stands for none, which this network does not have; leave "
        + "--guidance out")
    expectRefusal(
      try mosaic("run", checkpoint, "-o", output, "--null-class", "10"), .usage,
      "\(checkpoint): is no ONNX model, which takes no --null-class")
    let bundle = try workspace.bundle()
    expectRefusal(
      try mosaic("run", bundle, "-o", output, "--input", "timestep=t"), .usage,
      "\(bundle): is a bundle, which takes no --input")
    #expect(try workspace.written() == [])
  }

  @Test func wrongUsage() throws {
    for arguments in [
      ["--input", "time=t"], ["--input", "timestep"], ["--input", "timestep="],
      ["--timestep-scale", "0"], ["--input", "sample=a", "--input", "sample=b"],
    ] {
      let result = try mosaic(["run", model, "-o", "a.png"] + arguments)
      #expect(result.status == ExitStatus.usage.rawValue)
      #expect(result.errors.hasPrefix("Error: "), "\(result.errors)")
    }
  }

  /// What a network takes beside states and timesteps comes from a file, row by row, and decides
  /// what comes out.
  @Test func conditioning() throws {
    let network = try workspace.directory.file(
      "network.onnx", SmallONNX.denoiser(conditioning: ["text"]).bytes)
    let output = workspace.output("out.safetensors")
    expectRefusal(
      try mosaic(["run", network, "-o", output] + scheduler), .usage,
      "the network takes 'text' for every sample; give their values with --conditioning FILE")
    let file = "\(workspace.directory.path)/text.safetensors"
    try SafetensorsWriter.write([("other", floats([1], [1]))], to: file)
    expectRefusal(
      try mosaic(["run", network, "-o", output, "--conditioning", file] + scheduler), .badData,
      "\(file): holds no tensor 'text' [n, 3], which the network takes a row of for every sample")
    try SafetensorsWriter.write([("text", floats([1, 2], [1, 2]))], to: file)
    expectRefusal(
      try mosaic(["run", network, "-o", output, "--conditioning", file] + scheduler), .badData,
      "\(file): tensor 'text' must be [n, 3], found [1, 2]")
    #expect(try workspace.written() == [])
    try SafetensorsWriter.write(
      [("text", floats([0, 0, 0, 1, 1, 1], [2, 3]))], to: file)
    let settings = [network, "--conditioning", file, "--steps", "2", "--count", "4"] + scheduler
    let images = try images(settings, "both")
    let labels = try SafetensorsReader(path: workspace.output("both.safetensors"))
      .tensor("labels")
    #expect(labels?.integers() == [0, 1, 0, 1])
    #expect(images.count == 4 * 32 && images.allSatisfy { $0.isFinite })
    expectRefusal(
      try mosaic(["run"] + settings + ["-o", output, "--guidance", "2"]), .usage,
      "guidance needs what stands for no condition: a tensor 'null.NAME' beside each input's own in "
        + "the file of --conditioning")
    try SafetensorsWriter.write(
      [
        ("text", floats([0, 0, 0, 1, 1, 1], [2, 3])),
        ("null.text", floats([5, 5, 5], [1, 3])),
      ], to: file)
    #expect(try self.images(settings + ["--guidance", "2"], "guided") != images)
  }

  /// Every network there is, from an export of each exporter to a bundle that runs.
  @Test(
    .enabled(if: Fixtures.models != nil),
    arguments: ["dit", "pixart", "sd3", "flux", "sd15-unet", "sdxl-unet", "ddpm-unet"])
  func everyNetwork(name: String) throws {
    let folder = "\(Fixtures.models ?? "")/tiny/\(name)"
    let scheduler = ["--scheduler", "\(folder)/scheduler/scheduler_config.json"]
    let isFree = ["dit", "ddpm-unet"].contains(name)
    let conditioning = isFree ? [] : ["--conditioning", "\(folder)/golden.safetensors"]
    for export in ["model.dynamo.onnx", "model.torchscript.onnx"] {
      let path = "\(folder)/\(export)"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let bundle = workspace.output("\(export).mosaic")
      let result = try mosaic(
        [
          "convert", path, "-o", bundle, "--budget", "0.95", "--steps", "4", "--samples", "16",
          "--proof-samples", "4", "--ranges", "2", "--quiet",
        ] + scheduler + conditioning)
      #expect(result.status == 0, "\(path): \(result.errors)")
      // Far off where it was pruned, but it runs on what was recorded.
      let checked = try mosaic(
        "check", bundle, "--reference", "\(folder)/golden.safetensors", "--tolerance", "100")
      #expect(checked.status == 0, "\(path): \(checked.errors)")
      let images = try images([bundle, "--count", "3"] + conditioning, export)
      #expect(images.allSatisfy { $0.isFinite })
    }
  }
}
