import MosaicCore
import MosaicTestSupport
import Testing

/// Statistics: measured once, in parts, read again, and refused where they do not belong.
@Suite struct AnalyseTests {
  private let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")
  private let settings = ["--samples", "32", "--steps", "8", "--quiet"]

  init() throws { workspace = try Workspace() }

  private func analyse(_ name: String, _ more: [String] = []) throws -> String {
    let path = workspace.output(name)
    let result = try mosaic(["analyse", tiny, "-o", path] + settings + more)
    #expect(result.status == 0, "\(result.errors)")
    return path
  }

  private func expectRefusal(
    _ result: CommandResult, _ status: MosaicCore.ExitStatus, _ message: String
  ) {
    #expect(result.status == status.rawValue)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(result.output == "")
  }

  /// Measured elsewhere and in parts, the same bundle.
  @Test func partsOnSeveralMachinesGiveTheBundleOfOne() throws {
    let whole = try analyse("whole.stats")
    let shards = try (0..<2).map { try analyse("\($0).stats", ["--shard", "\($0)/2"]) }
    let merged = workspace.output("merged.stats")
    #expect(try mosaic(["merge", shards[1], shards[0], "-o", merged]).status == 0)
    let complete = workspace.output("complete.stats")
    let result = try mosaic([
      "analyse", tiny, "--stats", merged, "-o", complete, "--quiet", "--json",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try readBytes(complete) == readBytes(whole))
    let json = try result.json()
    #expect(json["schema"]?.string == "mosaic.analyse/1")
    #expect(json["leaves"]?.int == 2 && json["sensitivity_samples"]?.int == 8)

    let bundle = workspace.output("out.mosaic")
    let converted = try mosaic([
      "convert", tiny, "-o", bundle, "--stats", complete, "--proof-samples", "8", "--quiet",
    ])
    #expect(converted.status == 0, "\(converted.errors)")
    #expect(try readBytes(bundle) == TinyBundle.bytes.get())
  }

  @Test func sayWhatIsMissing() throws {
    let shard = try analyse("0.stats", ["--shard", "0/2"])
    let message = "leaves 1 to 1 of 0 to 1); add their shards by 'mosaic merge'"
    expectRefusal(try mosaic("merge", shard, "-o", workspace.output("a")), .badData, message)
    expectRefusal(
      try mosaic("convert", tiny, "-o", workspace.output("b"), "--stats", shard, "--quiet"),
      .badData, message)
    #expect(try workspace.written() == ["0.stats"])
  }

  @Test func belongToOneCheckpoint() throws {
    let stats = try analyse("a.stats")
    let other = Fixtures.path("tiny-dit-bf16")
    func convert(_ more: [String]) throws -> CommandResult {
      try mosaic(
        ["convert", other, "-o", workspace.output("b"), "--stats", stats, "--quiet"] + more)
    }
    expectRefusal(try convert([]), .badData, "statistics of another checkpoint (SHA-256 ")
    let tuned = try convert(["--transfer", "--proof-samples", "8"])
    #expect(tuned.status == 0)
    #expect(tuned.errors.contains("the statistics are another checkpoint's"))
  }

  @Test(arguments: [
    (["--steps", "9"], "made with --steps 8, and 9 is asked for"),
    (["--seed", "3"], "made with --seed 0, and 3 is asked for"),
    (["--guidance", "2"], "made with --guidance 1.0, and 2.0 is asked for"),
    (["--criterion", "magnitude"], "sensitivity was measured for criterion obs"),
    (["--sampler", "euler"], "statistics of another sampler or noise schedule"),
  ])
  func keepTheirSettings(arguments: [String], message: String) throws {
    let stats = try analyse("a.stats")
    let result = try mosaic(
      ["convert", tiny, "-o", workspace.output("b"), "--stats", stats, "--quiet"] + arguments)
    expectRefusal(result, .badData, message)
  }

  @Test func refuseDamage() throws {
    let stats = try analyse("a.stats")
    let bytes = try readBytes(stats)
    let cut = try workspace.directory.file("cut.stats", Array(bytes.dropLast(100)))
    var flipped = bytes
    flipped[bytes.count - 3000] ^= 4
    let damaged = try workspace.directory.file("damaged.stats", flipped)
    for file in [cut, damaged, "\(tiny)/transformer/diffusion_pytorch_model.safetensors"] {
      let result = try mosaic(
        "convert", tiny, "-o", workspace.output("b"), "--stats", file, "--quiet")
      #expect(result.status == ExitStatus.badData.rawValue)
      #expect(result.errors.hasPrefix("mosaic: \(file): "))
    }
    expectRefusal(
      try mosaic("convert", tiny, "-o", stats, "--stats", stats), .usage, "is an input")
  }

  @Test(arguments: [
    ["--shard", "2/2"], ["--shard", "x/2"], ["--shard", "0/2", "--stats", "a"],
    ["--samples", "0"], ["--samples", "some"], ["--transfer"],
  ])
  func wrongUsage(arguments: [String]) throws {
    let result = try mosaic(["analyse", tiny, "-o", workspace.output("a")] + arguments)
    #expect(result.status == ExitStatus.usage.rawValue)
    #expect(try workspace.written() == [])
  }

  /// The first state that is not a number is blamed on its step and operation, not on the refit.
  @Test func activationsThatAreNotNumbers() throws {
    let checkpoint = try workspace.checkpoint()
    try checkpoint.changeTensors { name, tensor in
      // Finite, but products of them are not.
      guard name.hasSuffix("transformer_blocks.1.ff.net.0.proj.weight") else { return tensor }
      return TensorView(
        [Float](repeating: 3e38, count: tensor.elementCount), shape: tensor.shape)
    }
    let result = try mosaic(
      ["analyse", checkpoint.path, "-o", workspace.output("a")] + settings)
    #expect(result.status == ExitStatus.badData.rawValue)
    #expect(result.errors.contains("at step 1 of 8 (timestep 875) is not finite"))
    #expect(result.errors.contains("is that of 'transformer_blocks.1.ff"), "\(result.errors)")
    #expect(try workspace.written() == [])
  }

  @Test func dryRunWritesNothing() throws {
    let result = try mosaic(
      ["analyse", tiny, "-o", workspace.output("a"), "--dry-run"] + settings)
    #expect(result.status == 0)
    #expect(result.output.contains("statistics: ") && result.output.contains("time: about"))
    #expect(try workspace.written() == [])
  }
}

/// Budgets, reports and comparisons from the command line.
@Suite struct AllocationCommandTests {
  private let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")

  init() throws { workspace = try Workspace() }

  private func convert(_ arguments: [String]) throws -> CommandResult {
    try mosaic(
      ["convert", tiny, "-o", workspace.output("out.mosaic"), "--quiet"] + quickConversion
        + arguments)
  }

  @Test func drawsAReport() throws {
    let page = workspace.output("out.html")
    #expect(try convert(["--report", page]).status == 0)
    let text = String(decoding: try readBytes(page), as: UTF8.self)
    #expect(text.hasPrefix("<!DOCTYPE html>") || text.hasPrefix("<!doctype html>"))
    for word in [
      "DiTTransformer2DModel", "range-0", "transformer_blocks.0", "prefers-color-scheme",
    ] {
      #expect(text.contains(word), "\(word)")
    }
    let figure = workspace.output("out.svg")
    #expect(try convert(["--report", figure]).status == 0)
    #expect(String(decoding: try readBytes(figure), as: UTF8.self).contains("<svg"))
  }

  @Test(arguments: [
    (["--budget-bytes", "220K"], "tensor_bytes"), (["--max-error", "0.0001"], "mac_share"),
    (["--budget-ms", "1000"], "milliseconds"), (["--ranges", "auto"], "mac_share"),
  ])
  func otherBudgets(arguments: [String], key: String) throws {
    let result = try convert(arguments + ["--json"])
    #expect(result.status == 0, "\(result.errors)")
    #expect((try result.json()[key]?.double ?? 0) > 0)
  }

  /// One step has one range, without being told.
  @Test func oneStep() throws {
    let result = try convert(["--steps", "1", "--json"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try result.json()["ranges"]?.array?.count == 1)
  }

  /// The times that were measured can be given back, and give the same bytes.
  @Test func costModelsRepeat() throws {
    let first = try convert(["--budget-ms", "0.5", "--json"])
    #expect(first.status == 0, "\(first.errors)")
    let bytes = try readBytes(workspace.output("out.mosaic"))
    let table = try #require(try first.json()["cost_model"])
    let file = try workspace.directory.file("cost.json", Array(table.text().utf8))
    let second = try convert(["--budget-ms", "0.5", "--cost-model", file])
    #expect(second.status == 0)
    #expect(try readBytes(workspace.output("out.mosaic")) == bytes)
  }

  @Test(arguments: [
    (["--budget", "0.5", "--max-error", "1"], "exclude each other"),
    (["--budget-ms", "0"], "--budget-ms must be over 0"),
    (["--max-error", "-1"], "--max-error"),
    (["--min-sparsity", "0.9", "--max-sparsity", "0.1"], "not above"),
    (["--protect-early", "0"], "--protect-early must be over 0"),
    (["--cost-model", "x"], "--cost-model needs --budget-ms"),
    (["--schedule", "file"], "needs --schedule-file"),
    (["--report", "a.pdf"], "must end in .html or .svg"),
    (["--ranges", "some"], "invalid"),
  ])
  func wrongUsage(arguments: [String], message: String) throws {
    let result = try convert(arguments)
    #expect(result.status == ExitStatus.usage.rawValue)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try workspace.written() == [])
  }

  @Test func budgetsOutOfReach() throws {
    for (arguments, advice) in [
      (["--budget-bytes", "1K"], "ask for"), (["--budget", "0.01"], "ask for 0.2289 or more"),
      (["--budget-ms", "0.000001"], "ask for"),
    ] {
      let result = try convert(arguments)
      #expect(result.status == ExitStatus.usage.rawValue)
      #expect(result.errors.contains(advice), "\(result.errors)")
    }
    #expect(try workspace.written() == [])
  }

  @Test func compares() throws {
    let arguments = [
      "compare", tiny, "--samples", "32", "--steps", "8", "--proof-samples", "8", "--budgets",
      "0.7", "--evaluations", "10", "--score", "wc -c <", "--quiet",
    ]
    let plot = workspace.output("pareto.svg")
    let result = try mosaic(arguments + ["--json", "--report", plot])
    #expect(result.status == 0, "\(result.errors)")
    let json = try result.json()
    #expect(json["schema"]?.string == "mosaic.compare/1")
    let rows = json["rows"]?.array ?? []
    #expect(rows.count == 10 + 2)
    // What the command counted: a file of samples.
    #expect((Int(rows[0]["score"]?.string ?? "") ?? 0) > 8 * 256 * 4)
    #expect(String(decoding: try readBytes(plot), as: UTF8.self).contains("solved"))
    let failing = try mosaic(
      ["compare", tiny, "--budgets", "0.7", "--score", "false"] + arguments[2...7] + ["--quiet"])
    #expect(failing.status == ExitStatus.usage.rawValue)
    #expect(failing.errors.contains("'false' ended with status 1"))
    let wrong = try mosaic("compare", tiny, "--budgets", "0.7,2")
    #expect(wrong.status == ExitStatus.usage.rawValue)
  }
}
