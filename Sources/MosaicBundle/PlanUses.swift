public import MosaicCore

/// What the steps of a plan come to, in the programs of its bundle.
public struct PlanUses: Sendable {
  /// [step][unit of the plan]: nil where the step neither computes the unit nor asks for its value,
  /// because it is not needed, its variant has lost the unit, or all that read it are reused.
  public let uses: [[ReusePlan.Use?]]
  /// By unit: elements of one forward's value.
  public let elements: [Int]
  /// By unit: elements of one forward's input of its branch, which is kept where a step corrects the
  /// value by it; 0 where none does.
  public let inputElements: [Int]
  /// By unit: the most earlier values that a step makes one of; 0 where none does.
  public let depths: [Int]

  /// - Parameter plan: One of the manifest's.
  public init(_ plan: SamplingPlan, of manifest: Manifest) {
    let programs = PlannedPrograms(manifest)
    let names = programs.names(of: plan)
    uses = plan.steps.map { programs.uses(of: $0, names) }
    let sizes = programs.sizes(of: plan)
    elements = sizes.map(\.value)
    inputElements = sizes.enumerated().map { unit, size in
      plan.steps.contains { $0.isCorrected(unit) } ? size.input : 0
    }
    var depths = Array(repeating: 0, count: plan.units.count)
    var counts = (computed: uses.joined().count { $0 == .computed }, taken: 0, corrected: 0)
    for (step, row) in zip(plan.steps, uses) {
      for (unit, use) in row.enumerated() where use == .taken {
        depths[unit] = max(depths[unit], (step.orders[unit] ?? 0) + 1)
        counts.taken += 1
        counts.corrected += step.isCorrected(unit) ? 1 : 0
      }
    }
    self.depths = depths
    self.counts = counts
  }

  /// Values that steps compute, that they take from earlier ones, and that they correct of these.
  public let counts: (computed: Int, taken: Int, corrected: Int)
}
