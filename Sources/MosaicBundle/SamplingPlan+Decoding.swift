internal import CMosaicProto
internal import MosaicCore
internal import MosaicProto

extension SamplingPlan {
  /// - Parameter place: Its name for people.
  init(_ message: Mosaic__Plan, place: String) throws(BundleError.Reason) {
    guard let sampler = SamplerKind(rawValue: text(message.sampler)) else {
      throw .unsupported(kind: "sampler", name: text(message.sampler), place: place)
    }
    let declared = try integer(message.steps, place)
    guard declared == message.n_plan_steps else {
      throw .inconsistent(
        section: place,
        problem: "says what \(message.n_plan_steps) steps do, for \(declared) steps")
    }
    try Self.checkCounts(message, place)
    self.init(
      sampler: sampler, eta: message.eta,
      guidance: message.guidance == 1 ? nil : message.guidance,
      units: texts(message.units, message.n_units), steps: [],
      budget: message.budget == 0 ? nil : message.budget, macShare: message.mac_share)
    steps.reserveCapacity(declared)
    for step in list(message.plan_steps, message.n_plan_steps) {
      steps.append(try Step(step, place: "\(place), step \(steps.count)"))
    }
    if let stored = message.predicted?.pointee { predicted = try Estimate(stored, place) }
    if let stored = message.measured?.pointee { measured = try Estimate(stored, place) }
    let tensor = try integer(message.forecasts, place)
    forecasts = tensor == 0 ? nil : tensor - 1
    let stored = try integer(message.maps, place)
    let rank = try integer(message.rank, place)
    maps = stored == 0 ? nil : Maps(tensor: stored - 1, rank: rank)
  }

  private static func checkCounts(
    _ message: Mosaic__Plan, _ place: String
  ) throws(BundleError.Reason) {
    let counts = [
      ("steps", message.n_plan_steps, BundleLimits.planSteps),
      ("units", message.n_units, BundleLimits.reusableUnits),
    ]
    for (what, count, limit) in counts where count > limit {
      throw .limit(what: "\(place)'s number of \(what)", value: count, limit: limit)
    }
  }
}

extension SamplingPlan.Step {
  fileprivate init(_ message: Mosaic__PlanStep, place: String) throws(BundleError.Reason) {
    let bytes = array(message.orders.data, message.orders.len)
    let manners = ValueForecast.mostOrder + 1
    if let strange = bytes.first(where: { Int($0) > 2 * manners }) {
      throw .unsupported(kind: "manner of reuse", name: String(strange), place: place)
    }
    self.init(
      variant: try integer(message.variant, place), isNeeded: message.unneeded == 0,
      orders: bytes.map { $0 == 0 ? nil : (Int($0) - 1) % manners },
      corrected: bytes.contains { Int($0) > manners } ? bytes.map { Int($0) > manners } : [])
  }
}

extension SamplingPlan.Estimate {
  fileprivate init(_ message: Mosaic__PlanError, _ place: String) throws(BundleError.Reason) {
    self.init(
      mean: message.mean, lower: message.lower, upper: message.upper,
      samples: try integer(message.samples, place))
  }
}
