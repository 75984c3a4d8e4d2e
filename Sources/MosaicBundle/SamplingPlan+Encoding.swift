internal import CMosaicProto
internal import MosaicCore

extension SamplingPlan {
  func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Plan> {
    let result = arena.message(mosaic__plan__init)
    result.pointee.sampler = arena.string(sampler.rawValue)
    result.pointee.eta = eta
    result.pointee.steps = arena.unsigned(steps.count)
    result.pointee.guidance = guidance ?? 1
    result.pointee.n_units = units.count
    result.pointee.units = arena.strings(units)
    result.pointee.n_plan_steps = steps.count
    result.pointee.plan_steps = arena.list(steps) { $0.message(in: arena) }
    result.pointee.budget = budget ?? 0
    result.pointee.mac_share = macShare
    result.pointee.predicted = predicted?.message(in: arena)
    result.pointee.measured = measured?.message(in: arena)
    result.pointee.forecasts = arena.unsigned(forecasts.map { $0 + 1 } ?? 0)
    result.pointee.maps = arena.unsigned(maps.map { $0.tensor + 1 } ?? 0)
    result.pointee.rank = arena.unsigned(maps?.rank ?? 0)
    return result
  }
}

extension SamplingPlan.Step {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__PlanStep> {
    let result = arena.message(mosaic__plan_step__init)
    // What no byte can say is a number that no reader knows.
    let bytes = orders.enumerated().map { unit, order -> UInt8 in
      guard let order else { return 0 }
      let manners = ValueForecast.mostOrder + 1
      guard (0..<manners).contains(order) else { return .max }
      return UInt8(order + 1 + (isCorrected(unit) ? manners : 0))
    }
    result.pointee.variant = arena.unsigned(variant)
    result.pointee.orders = .init(len: bytes.count, data: arena.bytes(bytes))
    result.pointee.unneeded = isNeeded ? 0 : 1
    return result
  }
}

extension SamplingPlan.Estimate {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__PlanError> {
    let result = arena.message(mosaic__plan_error__init)
    result.pointee.mean = mean
    result.pointee.lower = lower
    result.pointee.upper = upper
    result.pointee.samples = arena.unsigned(samples)
    return result
  }
}
