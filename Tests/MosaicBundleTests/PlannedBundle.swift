@testable import MosaicBundle

extension SmallBundle {
  /// The variants' programs with two units: the class's row and the time's in one ("condition"), and
  /// the network's output ("branch").
  static func addUnits(_ manifest: inout Manifest) {
    for index in manifest.variants.indices {
      manifest.variants[index].program.reusableUnits = [
        .init(name: "condition", instruction: 2), .init(name: "branch", instruction: 5),
      ]
    }
  }

  /// Five steps, the last of which the sampler does not use.
  static let plan = SamplingPlan(
    sampler: .ddim, eta: 0.5, guidance: 1.5, units: ["branch", "condition"],
    steps: [
      .init(variant: 0, orders: [nil, nil]), .init(variant: 0, orders: [nil, 0]),
      .init(variant: 1, orders: [1, 0]), .init(variant: 2, orders: [nil, nil]),
      .init(variant: 2, isNeeded: false, orders: []),
    ], budget: 0.75, macShare: 0.7,
    predicted: .init(mean: 1e-4, samples: 32),
    measured: .init(mean: 2e-4, lower: 1e-4, upper: 4e-4, samples: 128))

  /// Units, and plans for five steps and one.
  static func addPlans(_ manifest: inout Manifest) {
    addUnits(&manifest)
    let short = SamplingPlan(
      sampler: .dpmpp2m, units: [], steps: [.init(variant: 1, orders: [])], macShare: 0.2)
    manifest.plans = [plan, short]
  }
}
