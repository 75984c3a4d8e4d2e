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
    let pair = PlanPair(a, b)
    let places = pair.places
    guard let first = places.first else { return nil }
    let shown = places.prefix(3).map(pair.text).joined(separator: "; ")
    let hidden = places.count - min(places.count, 3)
    return Difference(
      layer: .plans,
      text: "\(a.run): \(shown)" + (hidden > 0 ? "; and \(hidden) more" : ""),
      plan: PlanPlace(step: first.step, unit: first.unit.map { pair.units[$0].name }))
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

/// Two plans of as many steps, unit by unit.
private struct PlanPair {
  struct Place {
    var step: Int
    /// Of `units`; nil where the variant differs.
    var unit: Int?
  }

  struct Unit {
    var name: String
    /// In each plan; nil where it does not name the unit, and so computes it at every step.
    var numbers: (first: Int?, second: Int?)
  }

  private let first: SamplingPlan
  private let second: SamplingPlan
  let units: [Unit]

  init(_ first: SamplingPlan, _ second: SamplingPlan) {
    (self.first, self.second) = (first, second)
    // Names are told apart as bytes.
    let others = Dictionary(
      second.units.enumerated().map { (Array($1.utf8), $0) },
      uniquingKeysWith: { first, _ in first })
    let known = Set(first.units.map { Array($0.utf8) })
    units =
      first.units.enumerated().map {
        Unit(name: $1, numbers: ($0, others[Array($1.utf8)]))
      }
      + second.units.enumerated().filter { !known.contains(Array($1.utf8)) }.map {
        Unit(name: $1, numbers: (nil, $0))
      }
  }

  /// Where they differ.
  var places: [Place] {
    first.steps.indices.flatMap { step in
      let (a, b) = (first.steps[step], second.steps[step])
      let isServedAlike = a.isNeeded == b.isNeeded && (a.variant == b.variant || !a.isNeeded)
      let parted = units.indices.filter { unit in
        manner(a, units[unit].numbers.first) != manner(b, units[unit].numbers.second)
      }
      return (isServedAlike ? [] : [Place(step: step)])
        + parted.map { Place(step: step, unit: $0) }
    }
  }

  func text(of place: Place) -> String {
    let (a, b) = (first.steps[place.step], second.steps[place.step])
    guard let number = place.unit else {
      return "step \(place.step): \(service(a)), \(service(b))"
    }
    let unit = units[number]
    return "step \(place.step), \(printable(unit.name)): \(choice(a, unit.numbers.first)), "
      + choice(b, unit.numbers.second)
  }

  private struct Manner: Equatable {
    var order: Int
    var isCorrected: Bool
  }

  /// nil where the unit is computed.
  private func manner(_ step: SamplingPlan.Step, _ unit: Int?) -> Manner? {
    guard step.isNeeded, let unit, let order = step.orders[unit] else { return nil }
    return Manner(order: order, isCorrected: step.isCorrected(unit))
  }

  private func service(_ step: SamplingPlan.Step) -> String {
    step.isNeeded ? "variant \(step.variant)" : "no forward"
  }

  private func choice(_ step: SamplingPlan.Step, _ unit: Int?) -> String {
    guard let manner = manner(step, unit) else { return "computed" }
    return (manner.order == 0 ? "repeated" : "order \(manner.order)")
      + (manner.isCorrected ? " and corrected" : "")
  }
}
