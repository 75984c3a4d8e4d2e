public import MosaicCore

/// What the steps of a plan come to, in the programs of its bundle.
public struct PlanUses: Sendable {
  /// [step][unit of the plan]: nil where the step neither computes the unit nor asks for its value,
  /// because it is not needed, its variant has lost the unit, or all that read it are reused.
  public let uses: [[ReusePlan.Use?]]
  /// By unit: elements of one forward's value.
  public let elements: [Int]
  /// By unit: the most earlier values that a step makes one of; 0 where none does.
  public let depths: [Int]

  /// - Parameter plan: One of the manifest's.
  public init(_ plan: SamplingPlan, of manifest: Manifest) {
    let programs = PlannedPrograms(manifest)
    let names = programs.names(of: plan)
    uses = plan.steps.map { programs.uses(of: $0, names) }
    elements = programs.sizes(of: plan)
    var depths = Array(repeating: 0, count: plan.units.count)
    for (step, row) in zip(plan.steps, uses) {
      for (unit, use) in row.enumerated() where use == .taken {
        depths[unit] = max(depths[unit], (step.orders[unit] ?? 0) + 1)
      }
    }
    self.depths = depths
  }

  /// Values that steps compute, and that they take from earlier ones.
  public var counts: (computed: Int, taken: Int) {
    let all = uses.joined()
    return (all.count { $0 == .computed }, all.count { $0 == .taken })
  }
}
