internal import MosaicCore

extension Manifest {
  /// Checks that plans can be followed: what they name is there, and every value that a step takes
  /// was computed before it.
  func checkPlans() throws(BundleError.Reason) {
    guard !plans.isEmpty else { return }
    let programs = PlannedPrograms(self)
    try programs.checkShapes()
    for (number, plan) in plans.enumerated() {
      let place = "plan \(number)"
      try plan.checkFields(of: self, place)
      try plan.checkSteps(variants.count, place)
      try programs.check(plan, place)
      try programs.checkForecasts(of: plan, place)
      try programs.checkMaps(of: plan, place)
      let twin = plans[..<number].firstIndex {
        ($0.sampler, $0.eta, $0.guidance, $0.steps.count)
          == (plan.sampler, plan.eta, plan.guidance, plan.steps.count)
      }
      if let twin {
        throw .inconsistent(section: place, problem: "is for the same run as plan \(twin)")
      }
    }
  }
}

extension SamplingPlan {
  fileprivate func checkFields(
    of manifest: Manifest, _ place: String
  ) throws(BundleError.Reason) {
    guard (try? manifest.scheduler.sampled(with: sampler)) != nil else {
      throw .inconsistent(
        section: place,
        problem: "\(sampler.rawValue) does not sample the process of the scheduler")
    }
    guard (0...1).contains(eta), sampler.isStochastic || eta == 0 else {
      throw .inconsistent(
        section: place, problem: "\(sampler.rawValue) does not take eta \(eta)")
    }
    let shares = [macShare, budget ?? 0]
    guard guidance?.isFinite ?? true, shares.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw .inconsistent(
        section: place,
        problem: "has the guidance \(guidance ?? 1), the budget \(shares[1]) and the share "
          + "\(shares[0])")
    }
    for estimate in [predicted, measured].compactMap({ $0 }) {
      // Written so that NaN fails.
      guard 0 <= estimate.lower, estimate.lower <= estimate.mean,
        estimate.mean <= estimate.upper, estimate.upper < .infinity
      else {
        throw .inconsistent(
          section: place,
          problem: "its error \(estimate.mean) is not in \(estimate.lower)...\(estimate.upper)")
      }
    }
    var names: Set<[UInt8]> = []
    for unit in units {
      let name = try checkedName(unit, "\(place), a unit")
      guard names.insert(Array(name.utf8)).inserted else {
        throw .inconsistent(section: place, problem: "names unit '\(printable(unit))' twice")
      }
    }
  }

  fileprivate func checkSteps(_ variants: Int, _ place: String) throws(BundleError.Reason) {
    guard !steps.isEmpty else { throw .inconsistent(section: place, problem: "has no steps") }
    for (number, step) in steps.enumerated() {
      guard (0..<variants).contains(step.variant) else {
        throw .inconsistent(
          section: "\(place), step \(number)",
          problem: "names variant \(step.variant) of \(variants)")
      }
      guard step.orders.count == (step.isNeeded ? units.count : 0) else {
        throw .inconsistent(
          section: "\(place), step \(number)",
          problem: "says of \(step.orders.count) units what they do, of "
            + "\(step.isNeeded ? units.count : 0) that there are")
      }
    }
  }
}
