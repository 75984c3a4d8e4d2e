import MosaicCore
import MosaicTestSupport
import Testing

/// Layers of `diff`, each on its own and together.
@Suite struct DiffLayerTests {
  let workspace: Workspace
  private let bundle: String
  private let tiny = Fixtures.path("tiny-dit")

  init() throws {
    workspace = try Workspace()
    bundle = try workspace.bundle()
  }

  private func smaller() throws -> String {
    let path = workspace.output("smaller.mosaic")
    let result = try mosaic(
      ["convert", tiny, "-o", path, "--quiet", "--budget", "0.5"] + quickConversion)
    #expect(result.status == 0, "\(result.errors)")
    return path
  }

  @Test func structureAndTensors() throws {
    let other = try smaller()
    func layers(_ flags: String...) throws -> Set<String> {
      let result = try mosaic(["diff", bundle, other, "--json"] + flags)
      #expect(result.status == ExitStatus.answerIsNo.rawValue)
      let differences = try #require(try result.json()["differences"]?.array)
      return Set(differences.compactMap { $0["layer"]?.string })
    }
    #expect(try layers("--structure") == ["ranges", "units"])
    #expect(try layers("--tensors") == ["tensors"])
    #expect(try layers("--structure", "--tensors") == layers())
    let tensors = try mosaic("diff", bundle, other, "--tensors", "--json").json()
    let refitted = try #require(tensors["differences"]?.array).filter { $0["refitted"] == true }
    #expect(!refitted.isEmpty)
    #expect(refitted.contains { $0["max_difference"]?.double ?? 0 > 0 })
  }

  @Test func behaviourOfSameBundle() throws {
    let copy = try workspace.bundle("copy.mosaic")
    let result = try mosaic(
      "diff", bundle, copy, "--behaviour", "--cost", "--samples", "3", "--quiet")
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.hasSuffix("\nalike\n"))
    #expect(result.output.contains("every step within 0"))
  }

  @Test func behaviourAgainstCheckpoint() throws {
    let result = try mosaic(
      "diff", tiny, bundle, "--behaviour", "--samples", "4", "--json", "--quiet")
    #expect(result.status == ExitStatus.answerIsNo.rawValue)
    #expect(result.errors == "")
    let behaviour = try #require(try result.json()["behaviour"])
    #expect(behaviour["samples"] == 4)
    #expect(behaviour["alike"] == false)
    // The bundle's own steps.
    let steps = try #require(behaviour["steps"]?.array)
    #expect(steps.count == 8)
    let errors = steps.map { $0["mse"]?.double ?? -1 }
    let first = try #require(behaviour["first_step_outside"]?.int)
    #expect(errors[..<first].allSatisfy { $0 == 0 } && errors[first] > 0)
    #expect(behaviour["final_mse"]?.double == errors.last)
    let ranges = try #require(behaviour["ranges"]?.array)
    #expect(ranges.flatMap { $0["steps"]?.array ?? [] }.compactMap(\.int) == Array(0..<8))
    #expect(behaviour["psnr"]?.double ?? 0 > 20)
    #expect(behaviour["cosine"]?.double ?? 0 > 0.9)

    let error = try #require(behaviour["final_max_relative"]?.double)
    let accepted = try mosaic(
      "diff", tiny, bundle, "--behaviour", "--samples", "4", "--quiet", "--tolerance",
      "\(error * 1.01)")
    #expect(accepted.status == 0)
    // Another seed is other samples.
    let again = try mosaic(
      "diff", tiny, bundle, "--behaviour", "--samples", "4", "--json", "--quiet", "--seed", "9")
    #expect(try again.json()["behaviour"]?["final_mse"]?.double != errors.last)
  }

  @Test func cost() throws {
    let result = try mosaic(
      "diff", tiny, bundle, "--cost", "--samples", "2", "--json", "--quiet")
    #expect(result.status == ExitStatus.answerIsNo.rawValue)
    let cost = try #require(try result.json()["cost"])
    // What the bundle says of itself.
    let summary = try mosaic("inspect", bundle, "--json").json()
    #expect(cost["first"]?["macs_per_run"] == summary["proof"]?["dense_macs"])
    #expect(cost["second"]?["macs_per_run"] == summary["proof"]?["macs"])
    #expect(
      cost["second"]?["macs_per_forward"]?.array
        == summary["variants"]?.array?.compactMap { $0["macs_per_forward"] })
    #expect(cost["second"]?["file_bytes"] == summary["file_bytes"])
    for side in ["first", "second"] {
      #expect(cost[side]?["median_step_seconds"]?.double ?? 0 > 0)
    }
    let accepted = try mosaic(
      "diff", tiny, bundle, "--cost", "--samples", "2", "--quiet", "--tolerance", "0.5")
    #expect(accepted.status == 0)
  }

  @Test func refusals() throws {
    for flags in [[], ["--structure"], ["--tensors", "--behaviour"]] {
      expectRefusal(
        try mosaic(["diff", tiny, bundle] + flags), .usage,
        "\(tiny): is a directory, and structure and tensors are compared of bundles; compare a "
          + "checkpoint by --behaviour or --cost")
    }
    let glyph = Fixtures.path("glyph-dit")
    expectRefusal(
      try mosaic("diff", bundle, glyph, "--behaviour", "--quiet"), .usage,
      "\(glyph): its samples are [1, 16, 16] and those of \(bundle) [4, 8, 8]; such models cannot "
        + "be sampled together")
    expectUsageError(
      try mosaic("diff", bundle, bundle, "--behaviour", "--samples", "0"),
      "--samples must be 1 to 1000000.")
    let none = "\(workspace.directory.path)/none.mosaic"
    #expect(
      try mosaic("diff", bundle, none, "--cost").status == ExitStatus.missingInput.rawValue)
  }
}
