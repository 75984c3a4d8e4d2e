internal import MosaicCore

extension Manifest {
  /// Checks that plans can be followed: what they name is there, and every value that a step takes
  /// was computed before it.
  func checkPlans() throws(BundleError.Reason) {
    guard !plans.isEmpty else { return }
    let programs = PlannedPrograms(self)
    try programs.checkSizes()
    for (number, plan) in plans.enumerated() {
      let place = "plan \(number)"
      try plan.checkFields(of: self, place)
      try plan.checkSteps(variants.count, place)
      try programs.check(plan, place)
      try programs.checkForecasts(of: plan, place)
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

/// The reusable units of a bundle's programs, as plans see them.
struct PlannedPrograms {
  private struct Entry {
    /// Units by the bytes of their names, which are told apart as bytes; with their numbers in the
    /// program.
    var units: [[UInt8]: Int]
    var dependencies: UnitDependencies
  }

  private let manifest: Manifest
  /// nil for a variant that this reader cannot run.
  private let entries: [Entry?]

  init(_ manifest: Manifest) {
    self.manifest = manifest
    entries = manifest.variants.map { variant in
      guard variant.unsupported == nil else { return nil }
      let units = variant.program.reusableUnits.enumerated().map { (Array($1.name.utf8), $0) }
      return Entry(
        units: Dictionary(units, uniquingKeysWith: { first, _ in first }),
        dependencies: UnitDependencies(variant.program))
    }
  }

  /// Steps of several variants share the memory of a unit, which so has one shape.
  func checkSizes() throws(BundleError.Reason) {
    var shapes: [[UInt8]: [Int]] = [:]
    for variant in manifest.variants where variant.unsupported == nil {
      let program = variant.program
      for unit in program.reusableUnits {
        let shape = program.values[program.instructions[unit.instruction].output].shape
        guard shapes.updateValue(shape, forKey: Array(unit.name.utf8)) ?? shape == shape
        else {
          throw .inconsistent(
            section: "variant '\(printable(variant.name))'",
            problem: "its reusable unit '\(printable(unit.name))' has another shape than in the "
              + "variants before")
        }
      }
    }
  }

  func check(_ plan: SamplingPlan, _ place: String) throws(BundleError.Reason) {
    let used = Set(plan.steps.map(\.variant))
    // Of a program that this reader does not know, its units are not known either.
    let isKnown = used.allSatisfy { entries[$0] != nil }
    for unit in plan.units where isKnown {
      guard used.contains(where: { entries[$0]?.units[Array(unit.utf8)] != nil }) else {
        throw .inconsistent(
          section: place,
          problem: "none of its variants has the reusable unit '\(printable(unit))'")
      }
    }
    guard isKnown, let gap = plan.reuse.gap(use: { uses(of: plan, step: $0) }) else { return }
    throw .inconsistent(
      section: "\(place), step \(gap.step)",
      problem: "makes unit '\(printable(plan.units[gap.unit]))' of \(gap.order + 1) earlier values "
        + "where \(gap.known) are computed before it")
  }

  /// The tensor of forecasts holds as many numbers as the plan asks for.
  func checkForecasts(of plan: SamplingPlan, _ place: String) throws(BundleError.Reason) {
    guard let index = plan.forecasts else { return }
    guard manifest.tensors.indices.contains(index) else {
      throw .inconsistent(
        section: place,
        problem: "takes its forecasts from tensor \(index) of \(manifest.tensors.count)")
    }
    let tensor = manifest.tensors[index]
    // Of programs that this reader does not know, units have no channels to count.
    guard let channels = manifest.channels(of: plan) else { return }
    guard tensor.dataType == .f32, let count = plan.forecastCount(channels: channels),
      tensor.shape == [count]
    else {
      throw .inconsistent(
        section: place,
        problem: "its forecasts are not the numbers that tensor '\(printable(tensor.name))' holds")
    }
  }

  /// What a step does with each unit of its plan; nil of those that its variant has lost, or need
  /// not compute.
  func uses(of plan: SamplingPlan, step number: Int) -> [ReusePlan.Use?] {
    let step = plan.steps[number]
    guard step.isNeeded, let entry = entries[step.variant] else {
      return Array(repeating: nil, count: plan.units.count)
    }
    var isReused = Array(repeating: false, count: entry.dependencies.unitCount)
    let places = plan.units.map { entry.units[Array($0.utf8)] }
    for (place, order) in zip(places, step.orders) where order != nil {
      if let place { isReused[place] = true }
    }
    let use = entry.dependencies.use(reusing: isReused)
    return places.map { place in
      place.flatMap { use.isComputed[$0] ? .computed : use.isTaken[$0] ? .taken : nil }
    }
  }
}

extension Manifest {
  /// By unit of a plan, the channels of its value; nil where no variant that this reader knows has
  /// it.
  public func channels(of plan: SamplingPlan) -> [Int]? {
    var known: [[UInt8]: Int] = [:]
    for variant in variants where variant.unsupported == nil {
      let program = variant.program
      for unit in program.reusableUnits {
        let shape = program.values[program.instructions[unit.instruction].output].shape
        known[Array(unit.name.utf8)] = ChannelAxis(of: shape).count
      }
    }
    let channels = plan.units.compactMap { known[Array($0.utf8)] }
    return channels.count == plan.units.count ? channels : nil
  }
}
