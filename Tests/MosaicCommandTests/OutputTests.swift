import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// Where `convert` and `run` may write, and where not.
@Suite struct OutputTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func convert(
    _ output: String, _ more: String..., from checkpoint: String = Fixtures.path("tiny-dit")
  ) throws -> CommandResult {
    try mosaic(["convert", checkpoint, "-o", output, "--quiet"] + quickConversion + more)
  }

  private func run(
    _ output: String, _ more: String..., model: String = Fixtures.path("tiny-dit")
  ) throws -> CommandResult {
    try mosaic(["run", model, "-o", output, "--quiet", "--steps", "2"] + more)
  }

  @Test func missingDirectory() throws {
    let path = "\(workspace.outputs)/none/out"
    let message = "its directory does not exist; create it first"
    expectRefusal(try convert("\(path).mosaic"), .cannotCreate, "\(path).mosaic: \(message)")
    expectRefusal(
      try run("\(path).safetensors"), .cannotCreate, "\(path).safetensors: \(message)")
    #expect(try workspace.written() == [])
  }

  /// Root may write everywhere, so a file stands where the directory should be.
  @Test func fileForDirectory() throws {
    let file = try workspace.directory.file("file", [1, 2, 3])
    for result in [try convert("\(file)/out.mosaic"), try run("\(file)/out.safetensors")] {
      #expect(result.errors.hasPrefix("mosaic: \(file)/out."))
      #expect(result.errors.split(separator: "\n").count == 1)
      #expect(result.output == "")
      #expect((64...77).contains(result.status))
    }
    #expect(try readBytes(file) == [1, 2, 3])
  }

  @Test(.enabled(if: getuid() != 0, "root may write into a read-only directory"))
  func readOnlyDirectory() throws {
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o555], ofItemAtPath: workspace.outputs)
    let path = workspace.output("out.mosaic")
    expectRefusal(
      try convert(path), .permission,
      "\(path): may not be written here; choose another directory or change its permissions")
    #expect(try workspace.written() == [])
  }

  @Test func directory() throws {
    for name in ["a.mosaic", "a.safetensors"] {
      try FileManager.default.createDirectory(
        atPath: workspace.output(name), withIntermediateDirectories: false)
    }
    let message = "is not a regular file; name another output"
    let (bundle, samples) = (workspace.output("a.mosaic"), workspace.output("a.safetensors"))
    expectRefusal(try convert(bundle), .cannotCreate, "\(bundle): \(message)")
    expectRefusal(try run(samples), .cannotCreate, "\(samples): \(message)")
    #expect(try workspace.written() == ["a.mosaic", "a.safetensors"])
  }

  @Test func noClobber() throws {
    for name in ["a.mosaic", "a.safetensors"] { try write([9], to: workspace.output(name)) }
    let message = "exists already, and --no-clobber was given"
    let (bundle, samples) = (workspace.output("a.mosaic"), workspace.output("a.safetensors"))
    expectRefusal(try convert(bundle, "--no-clobber"), .cannotCreate, "\(bundle): \(message)")
    expectRefusal(try run(samples, "--no-clobber"), .cannotCreate, "\(samples): \(message)")
    #expect(try readBytes(bundle) == [9])
    #expect(try readBytes(samples) == [9])

    // Without it the file is replaced.
    #expect(try run(samples).status == 0)
    #expect(try SafetensorsReader(path: samples).entry("images") != nil)
    #expect(try workspace.written() == ["a.mosaic", "a.safetensors"])
  }

  @Test func failureKeepsTheOldFile() throws {
    let path = workspace.output("a.mosaic")
    try write([9], to: path)
    #expect(try convert(path, "--max-memory", "1K").status == ExitStatus.usage.rawValue)
    #expect(try readBytes(path) == [9])
    #expect(try workspace.written() == ["a.mosaic"])
  }

  @Test func inputsOfConvert() throws {
    let checkpoint = try workspace.checkpoint()
    let link = workspace.output("link.mosaic")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: checkpoint.weights)
    let inputs = [
      checkpoint.weights, link, checkpoint.config, checkpoint.scheduler,
      "\(checkpoint.path)/model_index.json",
      "\(checkpoint.path)/../tiny-dit/transformer/config.json",
    ]
    for input in inputs {
      let before = try readBytes(input)
      expectRefusal(
        try convert(input, from: checkpoint.path), .usage,
        "\(input): is an input; name another output")
      #expect(try readBytes(input) == before)
    }
  }

  @Test func inputsOfRun() throws {
    let checkpoint = try workspace.checkpoint()
    let noise = workspace.output("noise.safetensors")
    #expect(try run(noise, model: checkpoint.path).status == 0)
    let bundle = try workspace.bundle("bundle.safetensors")
    for (model, input) in [
      (checkpoint.path, checkpoint.weights), (checkpoint.path, noise), (bundle, bundle),
    ] {
      let before = try readBytes(input)
      expectRefusal(
        try run(input, "--noise", noise, model: model), .usage,
        "\(input): is an input; name another output")
      #expect(try readBytes(input) == before)
    }
  }

  @Test func dryRunWritesNothing() throws {
    let result = try convert(workspace.output("out.mosaic"), "--dry-run")
    #expect(result.status == 0)
    #expect(result.output.contains("4 pruning groups hold "))
    #expect(try workspace.written() == [])
    let asked = try convert(workspace.output("out.mosaic"), "--dry-run", "--ranges", "20")
    #expect(asked.status == ExitStatus.usage.rawValue)
  }
}
