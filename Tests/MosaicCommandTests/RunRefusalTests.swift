import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// Sampling runs that cannot be done as asked.
@Suite struct RunRefusalTests {
  let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")

  init() throws { workspace = try Workspace() }

  private func run(_ more: String..., to name: String = "out.safetensors") throws -> CommandResult {
    try mosaic(["run", tiny, "-o", workspace.output(name), "--quiet"] + more)
  }

  @Test func classes() throws {
    expectRefusal(
      try run("--class", "11"), .usage, "class 11 is outside 0..<11, which the network knows")
    expectRefusal(
      try run("--class=-1"), .usage, "class -1 is outside 0..<11, which the network knows")
    for name in ["cat", "", "1.5"] {
      expectRefusal(
        try run("--class", "0,\(name)"), .usage,
        "--class: '\(name)' is no class; known are the numbers 0..<10")
    }
    let letters = try mosaic(
      "run", Fixtures.path("glyph-dit"), "-o", workspace.output("out.png"), "--class", "a",
      "--quiet")
    expectRefusal(
      letters, .usage,
      "--class: 'a' is no class; known are the numbers 0..<26 and names as A, B, C, D, E")
    #expect(try workspace.written() == [])
  }

  @Test func pictureOfFourChannels() throws {
    expectRefusal(
      try run(to: "out.png"), .usage,
      "\(workspace.output("out.png")): a PNG needs 1 or 3 channels and samples have 4; write a "
        + ".safetensors file")
    #expect(try workspace.written() == [])
  }

  @Test func steps() throws {
    expectRefusal(
      try run("--steps", "1001"), .badConfiguration,
      "scheduler: steps is 1001; expected 1 to 1000, the num_train_timesteps")
    let bundle = try workspace.bundle()
    expectRefusal(
      try mosaic("run", bundle, "-o", workspace.output("out.safetensors"), "--steps", "2000"),
      .badConfiguration, "scheduler: steps is 2000; expected 1 to 1000, the num_train_timesteps")
    #expect(try workspace.written() == [])
  }

  @Test func arguments() throws {
    expectUsageError(try run("--count", "0"), "--count must be 1 to 1000000.")
    expectUsageError(try run("--count=-4"), "--count must be 1 to 1000000.")
    expectUsageError(try run("--steps", "0"), "--steps must be 1 or more.")
    expectUsageError(try run("--guidance", "nan"), "--guidance must be a number.")
    expectUsageError(try run("--threads", "0"), "--threads must be 1 or more.")
    expectUsageError(try run(to: "out.jpg"), "-o must end in .png or .safetensors.")
    expectUsageError(
      try run("--count", "1", "--noise", "x"),
      "--count and --noise exclude each other: the file says how many.")
    // One more than a seed of 64 bits can be.
    #expect(try run("--seed", "18446744073709551616").status == ExitStatus.usage.rawValue)
    #expect(try workspace.written() == [])
  }

  /// A noise file of these tensors.
  private func noise(_ tensors: [(String, TensorView)]) throws -> String {
    let path = "\(workspace.directory.path)/noise.safetensors"
    try SafetensorsWriter.write(tensors, to: path)
    return path
  }

  private func zeros(_ shape: [Int]) -> TensorView {
    TensorView([Float](repeating: 0, count: shape.reduce(1, *)), shape: shape)
  }

  @Test(arguments: [[2, 4, 8, 9], [2, 1, 8, 8], [4, 8, 8], [512], [0, 4, 8, 8]])
  func noiseOfAnotherShape(shape: [Int]) throws {
    let file = try noise([("noise", zeros(shape)), ("labels", TensorView([Int64(1)], shape: [1]))])
    expectRefusal(
      try run("--noise", file), .badData,
      "'noise' must be of shape [-1, 4, 8, 8], found \(shape)")
    #expect(try workspace.written() == [])
  }

  @Test func noiseWithoutNoise() throws {
    let file = try noise([("labels", TensorView([Int64(1)], shape: [1]))])
    expectRefusal(
      try run("--noise", file), .badData,
      "\(file): holds no tensor 'noise'; record every input of the network by its name, and "
        + "'output'")
    #expect(try workspace.written() == [])
  }

  @Test func labelsThatDoNotFit() throws {
    let shape = [2, 4, 8, 8]
    let few = try noise([("noise", zeros(shape)), ("labels", TensorView([Int64(1)], shape: [1]))])
    expectRefusal(
      try run("--noise", few), .badData, "'labels' must be of shape [2], found [1]")
    let floats = try noise([("noise", zeros(shape)), ("labels", zeros([2]))])
    expectRefusal(
      try run("--noise", floats), .badData, "\(floats): tensor 'labels' must hold integers")
    let outside = try noise([
      ("noise", zeros(shape)), ("labels", TensorView([Int64(3), 99], shape: [2])),
    ])
    expectRefusal(
      try run("--noise", outside), .usage, "class 99 is outside 0..<11, which the network knows")
    #expect(try workspace.written() == [])
  }

  /// Labels may be missing: they are then drawn as for noise of our own.
  @Test func noiseWithoutLabels() throws {
    let file = try noise([("noise", zeros([2, 4, 8, 8]))])
    #expect(try run("--noise", file, "--steps", "2").status == 0)
    let result = try SafetensorsReader(path: workspace.output("out.safetensors"))
    #expect(result.entry("labels")?.shape == [2])
  }

  @Test func noiseThatIsNoNumber() throws {
    var values = [Float](repeating: 0, count: 256)
    values[7] = .nan
    let file = try noise([("noise", TensorView(values, shape: [1, 4, 8, 8]))])
    let result = try run("--noise", file, "--steps", "2")
    expectRefusal(
      result, .badData,
      "the network's output at step 1 of 2 (timestep 500) is not finite")
    #expect(try workspace.written() == [])
  }

  @Test func noSuchNoise() throws {
    let path = "\(workspace.directory.path)/none.safetensors"
    expectRefusal(
      try run("--noise", path), .missingInput, "\(path): no such file; check the path")
    #expect(try workspace.written() == [])
  }
}
