import MosaicCore
import Testing

@testable import MosaicBundle

/// Plans as `inspect` and `diff` show them.
@Suite struct PlanTextTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func reader(
    _ name: String = "a.mosaic", _ change: (inout Manifest) -> Void = { _ in }
  ) throws -> BundleReader {
    try SmallBundle.write(to: scratch.path(name)) {
      SmallBundle.addPlans(&$0)
      change(&$0)
    }
    return try BundleReader(path: scratch.path(name))
  }

  @Test func drawsARowAUnitAndAColumnAStep() throws {
    let summary = BundleSummary(
      try reader {
        $0.variants[0].program.reusableUnits.removeFirst()
        $0.plans[0].steps[2].orders = [0, 0]
        $0.plans[0].steps[3].orders = [1, nil]
        $0.plans.removeLast()
      })
    #expect(
      summary.planText == """
        plan 0: ddim with eta 0.500, 5 steps, 4 forwards, guidance 1.50; 0.700 of the dense MACs \
        (0.750 asked for); 3 variants, 2 of 4 unit values reused; measured error \
        0.000200 (0.00010 .. 0.00040, 128 samples); predicted error 0.000100 (32 samples)
        step      0
        variant   0012
        branch    ##=1  2/4
        condition --..  0/4
        \(PlanDrawing.legend)
        """)
    let line = try #require(summary.planText.split(separator: "\n").first)
    #expect(summary.text.split(separator: "\n").contains(line))
    #expect(
      summary.json["plans"]?.array?.first?["per_step"]?.array?.map { $0["units"]?.string } == [
        "#-", "#-", "=.", "1.", "  ",
      ])
  }

  @Test func bundlesWithoutPlansSaySo() throws {
    try SmallBundle.write(to: scratch.path())
    let summary = BundleSummary(try BundleReader(path: scratch.path()))
    #expect(
      summary.planText == "no plan: variants go by noise level, and nothing is reused")
    #expect(summary.json["plans"] == [])
    #expect(!summary.text.contains("plan 0"))
  }

  /// Fifty steps with long names fit a terminal's 100 columns; more steps go below one another.
  @Test(arguments: [(50, 1), (60, 1), (61, 2), (130, 3)])
  func linesStayShort(steps: Int, blocks: Int) throws {
    let name = "transformer_blocks.11.attn1.to_out.0 as it is called by those who exported it"
    let summary = BundleSummary(
      try reader {
        $0.variants[0].program.reusableUnits[0].name = name
        $0.plans = [
          SamplingPlan(
            sampler: .ddim, units: [name],
            steps: Array(repeating: .init(variant: 0, orders: [nil]), count: steps), macShare: 1)
        ]
      })
    let lines = summary.planText.split(separator: "\n").dropFirst()
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines.count { $0.hasPrefix("transformer") } == blocks)
    #expect(lines.joined().count { $0 == "#" } == steps + 1)
    #expect(lines.contains { $0.contains("exported it") })
    let rulers = lines.filter { $0.hasPrefix("step") }
    #expect(rulers.count == blocks && rulers[rulers.startIndex].contains("10        20"))
  }

  // MARK: Differences

  private func differences(
    _ change: (inout Manifest) -> Void
  ) throws -> [BundleComparison.Difference] {
    try BundleComparison(reader(), reader("b.mosaic", change), parts: [.structure]).differences
  }

  @Test func plansAreCompared() throws {
    #expect(try differences { _ in }.isEmpty)
    // Costs and errors are reports.
    #expect(try differences { $0.plans[0].measured = nil }.isEmpty)
    // So is the order of units.
    #expect(
      try differences { manifest in
        manifest.plans[0].units.reverse()
        for step in manifest.plans[0].steps.indices {
          manifest.plans[0].steps[step].orders.reverse()
        }
      }.isEmpty)
    let found = try differences {
      $0.plans[0].steps[1].variant = 2
      $0.plans[0].steps[1].orders = [nil, nil]
      $0.plans[0].steps[2].orders = [0, 0]
      $0.plans[0].steps[3].orders = [0, nil]
    }
    #expect(found.map(\.layer) == [.plans])
    #expect(
      found[0].text
        == "ddim with eta 0.500, 5 steps, guidance 1.50: step 1: variant 0, variant 2; step 1, condition: "
        + "repeated, computed; step 2, branch: order 1, repeated; and 1 more")
    #expect(found[0].plan == .init(step: 1, unit: nil))
  }

  @Test func plansOfOneBundleAreNamed() throws {
    let found = try differences { $0.plans.removeFirst() }
    #expect(
      found.map(\.text) == [
        "ddim with eta 0.500, 5 steps, guidance 1.50: only in the first",
        "the first plan is ddim with eta 0.500, 5 steps, guidance 1.50, dpmpp2m, 1 steps",
      ])
    let json = try BundleComparison(
      reader(), reader("b.mosaic") { $0.plans[0].steps[3].orders = [0, nil] }
    ).json
    #expect(json.array?.first?["layer"] == "plans")
    #expect(json.array?.first?["step"] == 3)
    #expect(json.array?.first?["unit"] == "branch")
  }
}
