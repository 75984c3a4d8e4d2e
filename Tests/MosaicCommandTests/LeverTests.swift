import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// `--levers`, from measuring to sampling.
@Suite struct LeverTests {
  let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")

  init() throws { workspace = try Workspace() }

  /// What was searched is kept, goes on where it stopped, and serves budgets without a search.
  @Test func searchesConvertsAndRuns() throws {
    let stats = workspace.output("tiny.stats")
    let options = ["--levers", "prune,reuse"]
    let analysed = try mosaic(
      ["analyse", tiny, "-o", stats, "--samples", "32", "--steps", "8", "--least-budget", "0.8"]
        + options)
    #expect(analysed.status == 0, "\(analysed.errors)")
    #expect(analysed.errors.contains("plans (levers prune,reuse): "))
    let further = workspace.output("further.stats")
    let more = try mosaic(
      ["analyse", tiny, "-o", further, "--stats", stats, "--least-budget", "0.7"] + options)
    #expect(more.status == 0, "\(more.errors)")

    let bundle = workspace.output("plan.mosaic")
    let converted = try mosaic(
      [
        "convert", tiny, "-o", bundle, "--stats", further, "--budget", "0.75", "--proof-samples",
        "8", "--json",
      ] + options)
    #expect([0, 1].contains(converted.status), "\(converted.errors)")
    // Nothing is searched again.
    #expect(!converted.errors.contains("stage "))
    let proof = try converted.json()["proof"]
    let macs = try #require(proof?["macs"]?.double)
    let dense = try #require(proof?["dense_macs"]?.double)
    #expect(macs <= 0.75 * dense + 1)
    let plan = try #require(
      try mosaic("inspect", bundle, "--json").json()["plans"]?.array?.first)
    #expect(plan["budget"]?.double == 0.75)
    #expect(abs(try #require(plan["mac_share"]?.double) - macs / dense) <= 1e-3)

    let sampled = try mosaic(
      "run", bundle, "-o", workspace.output("x.safetensors"), "--count", "2", "--json")
    #expect(sampled.status == 0, "\(sampled.errors)")
    #expect(sampled.errors.contains("follows plan 0"))
    #expect(try sampled.json()["units_reused"]?.int ?? 0 > 0)

    // A comparison follows the plan as a run does, and counts what it computes.
    func compared(_ options: [String]) throws -> Double {
      let result = try mosaic(
        ["diff", tiny, bundle, "--cost", "--samples", "2", "--json", "--quiet"] + options)
      return try #require(try result.json()["cost"]?["second"]?["macs_per_run"]?.double)
    }
    #expect(abs(try compared([]) - macs) <= 1)
    #expect(try compared(["--no-plan"]) > macs + 1)
    let other = try mosaic("diff", tiny, bundle, "--cost", "--samples", "2", "--steps", "5")
    #expect(other.errors.contains("no plan for ddim in 5 steps"), "\(other.errors)")

    // Without the other levers the statistics say what these would give.
    let plain = try mosaic(
      "convert", tiny, "-o", workspace.output("plain.mosaic"), "--stats", further, "--budget",
      "0.75", "--proof-samples", "8")
    #expect(plain.output.contains("note: a plan (levers prune,reuse) has a final error of about "))
  }

  /// The same statistics, levers and budget give the same bytes.
  @Test func givesTheSameBytes() throws {
    let paths = try (0..<2).map { number in
      let path = workspace.output("\(number).mosaic")
      let result = try mosaic(
        ["convert", tiny, "-o", path, "--levers", "reuse", "--budget", "0.9"] + quickConversion)
      #expect([0, 1].contains(result.status), "\(result.errors)")
      return path
    }
    #expect(try readBytes(paths[0]) == readBytes(paths[1]))
  }

  @Test(arguments: [
    (["--levers", "fly"], "fly"),
    (["--levers", "prune,prune,"], "prune,prune,"),
    (["--probe", "full"], "--probe needs --levers with reuse or steps."),
    (["--levers", "reuse", "--budget-bytes", "100k"], "are solved for a share of the dense cost"),
    (["--levers", "reuse", "--budget", "0.01"], "is out of reach"),
  ])
  func refuses(options: [String], message: String) throws {
    let result = try mosaic(
      ["convert", tiny, "-o", workspace.output("x.mosaic")] + quickConversion + options)
    #expect(result.status == 64)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try workspace.written() == [])
  }

  @Test func comparesWithCaching() throws {
    let result = try mosaic(
      "compare", tiny, "--samples", "32", "--steps", "8", "--proof-samples", "8", "--budgets",
      "0.8",
      "--schedules", "solved", "--levers", "prune,reuse", "--json")
    #expect(result.status == 0, "\(result.errors)")
    let rows = try #require(try result.json()["rows"]?.array)
    let names = rows.compactMap { $0["name"]?.string }
    for name in [
      "plan", "plan, reuse alone", "solved", "first-block threshold",
      "first-block threshold, extrapolated", "reuse intervals", "every 2 steps",
      "every 3 steps, later half", "fewer steps",
    ] {
      #expect(names.contains(name))
    }
    #expect(rows.allSatisfy { $0["milliseconds"]?.double ?? -1 >= 0 })
    for row in rows where row["budget"]?.double == 0.8 {
      #expect(row["mac_share"]?.double ?? 2 <= 0.8 + 1e-6, "\(row.text())")
    }
  }
}
