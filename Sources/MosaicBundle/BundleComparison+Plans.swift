internal import MosaicCore

extension BundleComparison {
  /// Where two plans for one run first part.
  public struct PlanPlace: Sendable, Equatable {
    public var step: Int
    /// nil where the variant differs.
    public var unit: String?
  }

  /// Plans are for one run where sampler, eta, steps and guidance are the same; their reported costs
  /// and errors are not compared.
  static func plans(_ a: Manifest, _ b: Manifest) -> [Difference] {
    var found: [Difference] = []
    for plan in a.plans where !b.plans.contains(where: plan.isForSameRun) {
      found.append(Difference(layer: .plans, text: "\(plan.run): only in the first"))
    }
    for plan in b.plans where !a.plans.contains(where: plan.isForSameRun) {
      found.append(Difference(layer: .plans, text: "\(plan.run): only in the second"))
    }
    if let first = a.plans.first, let second = b.plans.first, !first.isForSameRun(as: second) {
      found.append(
        Difference(layer: .plans, text: "the first plan is \(first.run), \(second.run)"))
    }
    for plan in a.plans {
      if let other = b.plans.first(where: plan.isForSameRun) {
        found += difference(plan, other).map { [$0] } ?? []
      }
    }
    return found
  }

  private static func difference(_ a: SamplingPlan, _ b: SamplingPlan) -> Difference? {
    let parted = PlanChoices(a).places(whereNot: PlanChoices(b))
    guard let first = parted.first else { return nil }
    let shown = parted.prefix(3).map(\.text).joined(separator: "; ")
    let hidden = parted.count - min(parted.count, 3)
    return Difference(
      layer: .plans,
      text: "\(a.run): \(shown)" + (hidden > 0 ? "; and \(hidden) more" : ""),
      plan: first.place)
  }
}

extension SamplingPlan {
  fileprivate func isForSameRun(as other: SamplingPlan) -> Bool {
    (sampler, eta, guidance, steps.count)
      == (other.sampler, other.eta, other.guidance, other.steps.count)
  }

  fileprivate var run: String {
    "\(sampler.rawValue)\(eta > 0 ? " with eta \(significant(eta))" : ""), \(steps.count) steps"
      + (guidance.map { ", guidance \(significant($0))" } ?? "")
  }
}

/// What a plan chose, by the bytes of the units' names.
private struct PlanChoices {
  private let plan: SamplingPlan
  private let numbers: [[UInt8]: Int]

  init(_ plan: SamplingPlan) {
    self.plan = plan
    numbers = Dictionary(
      plan.units.enumerated().map { (Array($1.utf8), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// - Parameter other: Of as many steps.
  func places(
    whereNot other: PlanChoices
  ) -> [(place: BundleComparison.PlanPlace, text: String)] {
    var found: [(place: BundleComparison.PlanPlace, text: String)] = []
    let units = plan.units + other.plan.units.filter { numbers[Array($0.utf8)] == nil }
    let keys = units.map { Array($0.utf8) }
    for step in plan.steps.indices {
      let (mine, theirs) = (service(step), other.service(step))
      if mine != theirs {
        found.append((.init(step: step), "step \(step): \(mine), \(theirs)"))
      }
      for (unit, key) in zip(units, keys) {
        let (mine, theirs) = (choice(step, key), other.choice(step, key))
        guard mine != theirs else { continue }
        found.append(
          (
            .init(step: step, unit: unit),
            "step \(step), \(printable(unit)): \(mine), \(theirs)"
          ))
      }
    }
    return found
  }

  private func service(_ step: Int) -> String {
    plan.steps[step].isNeeded ? "variant \(plan.steps[step].variant)" : "no forward"
  }

  /// A unit that a plan does not name is computed at every step.
  private func choice(_ step: Int, _ unit: [UInt8]) -> String {
    guard plan.steps[step].isNeeded else { return "" }
    let order = numbers[unit].flatMap { plan.steps[step].orders[$0] }
    return order.map { $0 == 0 ? "repeated" : "order \($0)" } ?? "computed"
  }
}
