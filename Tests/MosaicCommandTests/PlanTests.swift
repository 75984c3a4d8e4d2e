import Foundation
import MosaicBundle
import MosaicCore
import MosaicTestSupport
import Testing

/// Bundles with a plan, as `run`, `inspect`, `diff` and `verify` take them.
@Suite struct PlanTests {
  let workspace: Workspace
  let plain: String
  let planned: String

  init() throws {
    workspace = try Workspace()
    plain = try workspace.bundle()
    planned = "\(workspace.directory.path)/planned.mosaic"
    try Self.addPlan(to: plain, as: planned)
  }

  private static let stepCount = 6

  /// The bundle again, with the branch of every residual sum as a unit and a plan of six steps.
  private static func addPlan(to path: String, as other: String) throws {
    let reader = try BundleReader(path: path)
    var manifest = reader.manifest
    var writer = try BundleWriter(path: other)
    for (index, tensor) in manifest.tensors.enumerated() {
      _ = try writer.add(name: tensor.name, reader.load(tensor: index))
    }
    for number in manifest.variants.indices {
      let program = manifest.variants[number].program
      let branches = program.instructions.compactMap { instruction -> Int? in
        guard case .gatedAdd = instruction.operation else { return nil }
        return program.instructions.firstIndex { $0.output == instruction.inputs[1] }
      }
      manifest.variants[number].program.reusableUnits = branches.sorted().map {
        .init(name: program.values[program.instructions[$0].output].name, instruction: $0)
      }
    }
    let most = try #require(
      manifest.variants.map(\.program.reusableUnits).max { $0.count < $1.count })
    var orders = Array(repeating: [Int?](repeating: nil, count: most.count), count: stepCount)
    orders[2][0] = 0
    orders[4][1] = 1
    manifest.plans = [
      SamplingPlan(
        sampler: .ddim, units: most.map(\.name),
        steps: orders.enumerated().map { step, row in
          .init(variant: step * manifest.variants.count / stepCount, orders: row)
        }, budget: 0.6, macShare: 0.58,
        measured: .init(mean: 0.01, lower: 0.005, upper: 0.02, samples: 8))
    ]
    try writer.finish(manifest)
  }

  private func run(_ bundle: String, _ name: String, _ more: String...) throws -> CommandResult {
    try mosaic(["run", bundle, "-o", workspace.output(name), "--count", "2"] + more)
  }

  @Test func runFollowsThePlan() throws {
    let result = try run(planned, "out.safetensors", "--json")
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.errors.hasPrefix(
        "mosaic: follows plan 0: ddim, 6 steps, 0.580 of the dense MACs, 2 of "))
    let json = try result.json()
    #expect(json["plan"] == 0 && json["steps"] == 6 && json["forwards"] == 6)
    #expect(json["units_reused"] == 2 && json["mac_share"] == 0.58)
    #expect(try #require(json["reuse_bytes"]?.int) > 0)
    let variants = try BundleReader(path: planned).manifest.plans[0].steps.map(\.variant)
    #expect(json["step_variants"]?.array?.compactMap(\.int) == variants)
    let text = try run(planned, "again.safetensors", "--steps", "6", "--quiet")
    #expect(text.errors == "" && text.output.contains(", 6 forwards with 2 of "))
    #expect(
      try readBytes(workspace.output("again.safetensors"))
        == readBytes(workspace.output("out.safetensors")))
  }

  /// Without its plan the bundle is the one it was before.
  @Test func withoutThePlan() throws {
    let result = try run(planned, "planned.safetensors", "--no-plan", "--json")
    #expect(result.status == 0 && !result.errors.contains("plan"), "\(result.errors)")
    #expect(try result.json()["plan"] == .null)
    #expect(try result.json()["steps"] == 8)
    _ = try run(plain, "plain.safetensors")
    #expect(
      try readBytes(workspace.output("planned.safetensors"))
        == readBytes(workspace.output("plain.safetensors")))
  }

  @Test func otherRunsAreNoticed() throws {
    for (arguments, message) in [
      (
        ["--steps", "5"],
        "no plan for ddim in 5 steps as asked (the bundle has ddim in 6): variants go by noise "
          + "level, nothing is reused"
      ),
      (
        ["--sampler", "euler"],
        "no plan for euler in 8 steps as asked (the bundle has ddim in 6): variants go by noise "
          + "level, nothing is reused"
      ),
      (
        ["--guidance", "2"],
        "the plan's error of 0.0100 is that without guidance, it was not measured with guidance 2.00"
      ),
    ] {
      let output = ["run", planned, "-o", workspace.output("out.safetensors"), "--quiet"]
      let noticed = try mosaic(output + arguments)
      #expect(noticed.status == 0)
      #expect(noticed.errors == "mosaic: notice: \(message)\n")
      expectRefusal(try mosaic(output + arguments + ["--strict"]), .usage, message)
    }
    let strict = try run(planned, "strict.safetensors", "--strict", "--quiet")
    #expect(strict.status == 0 && strict.errors == "")
  }

  @Test func inspectDrawsIt() throws {
    let drawn = try mosaic("inspect", planned, "--plan")
    #expect(drawn.status == 0)
    let summary = try mosaic("inspect", planned).output
    #expect(drawn.output.hasPrefix(summary))
    #expect(
      summary.contains(
        "plan 0: ddim, 6 steps, 6 forwards; 0.580 of the dense MACs (0.600 asked for)"))
    #expect(drawn.output.contains("\nstep "))
    #expect(drawn.output.contains("##=###"))
    #expect(drawn.output.contains("####1#"))
    #expect(drawn.output.contains("# computed, = repeated"))
    let plan = try #require(
      try mosaic("inspect", planned, "--json").json()["plans"]?.array?.first)
    #expect(plan["sampler"] == "ddim" && plan["guidance"]?.double == 1)
    #expect(plan["measured"]?["mse"] == 0.01)
    #expect(plan["per_step"]?.array?.count == 6)
    #expect(try mosaic("inspect", plain, "--plan").output.contains("no plan: "))
    let refused = try mosaic("inspect", Fixtures.path("tiny-dit"), "--plan")
    #expect(refused.errors.hasSuffix("is a checkpoint; --plan takes a bundle\n"))
  }

  @Test func diffComparesIt() throws {
    let result = try mosaic("diff", planned, plain)
    #expect(result.status == 1)
    #expect(result.output == "plans: ddim, 6 steps: only in the first\n")
    #expect(try mosaic("diff", planned, planned).status == 0)
  }

  @Test func verifyAcceptsIt() throws {
    let result = try mosaic("verify", planned)
    #expect(result.status == 0, "\(result.errors)")
  }
}
