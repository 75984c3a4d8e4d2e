internal import MosaicCore

/// The reusable units of a bundle's programs, as plans see them.
struct PlannedPrograms {
  private struct Entry {
    /// By number of the name, that of the unit in the program.
    var units: [Int: Int]
    var dependencies: UnitDependencies
  }

  private let manifest: Manifest
  /// Numbers of names, which are told apart as bytes and may be long.
  private let names: [[UInt8]: Int]
  /// nil for a variant that this reader cannot run.
  private let entries: [Entry?]

  init(_ manifest: Manifest) {
    self.manifest = manifest
    var names: [[UInt8]: Int] = [:]
    entries = manifest.variants.map { variant in
      guard variant.unsupported == nil else { return nil }
      var units: [Int: Int] = [:]
      for (number, unit) in variant.program.reusableUnits.enumerated() {
        let name = Array(unit.name.utf8)
        let key = names[name] ?? names.count
        names[name] = key
        units[key] = number
      }
      return Entry(units: units, dependencies: UnitDependencies(variant.program))
    }
    self.names = names
  }

  /// By unit of a plan the number of its name; nil where no program has it.
  func names(of plan: SamplingPlan) -> [Int?] { plan.units.map { names[Array($0.utf8)] } }

  /// Steps of several variants share the memory of a unit, which so has one shape.
  func checkShapes() throws(BundleError.Reason) {
    var shapes: [[UInt8]: [Int]] = [:]
    for variant in manifest.variants where variant.unsupported == nil {
      for unit in variant.program.reusableUnits {
        let shape = variant.program.shape(of: unit)
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
    let names = names(of: plan)
    let there = Set(used.flatMap { entries[$0].map { Array($0.units.keys) } ?? [] })
    for (unit, name) in zip(plan.units, names) where isKnown {
      guard let name, there.contains(name) else {
        throw .inconsistent(
          section: place,
          problem: "none of its variants has the reusable unit '\(printable(unit))'")
      }
    }
    guard isKnown, let gap = plan.reuse.gap(use: { uses(of: plan.steps[$0], names) })
    else { return }
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

  /// By unit of the plan, elements of one forward's value; 0 where no known program has it.
  func sizes(of plan: SamplingPlan) -> [Int] {
    names(of: plan).map { name in
      for (entry, variant) in zip(entries, manifest.variants) {
        guard let name, let number = entry?.units[name] else { continue }
        let program = variant.program
        return elementCount(of: program.shape(of: program.reusableUnits[number])) ?? 0
      }
      return 0
    }
  }

  /// What a step does with each unit of its plan; nil of those that its variant has lost, or need
  /// not compute.
  ///
  /// - Parameter names: Of the plan's units.
  func uses(of step: SamplingPlan.Step, _ names: [Int?]) -> [ReusePlan.Use?] {
    guard step.isNeeded, let entry = entries[step.variant] else {
      return Array(repeating: nil, count: names.count)
    }
    var isReused = Array(repeating: false, count: entry.dependencies.unitCount)
    let places = names.map { $0.flatMap { entry.units[$0] } }
    for (place, order) in zip(places, step.orders) where order != nil {
      if let place { isReused[place] = true }
    }
    let use = entry.dependencies.use(reusing: isReused)
    return places.map { place in
      place.flatMap { use.isComputed[$0] ? .computed : use.isTaken[$0] ? .taken : nil }
    }
  }
}

extension Program {
  /// Of one forward's value.
  fileprivate func shape(of unit: ReusableUnit) -> [Int] {
    values[instructions[unit.instruction].output].shape
  }
}

extension Manifest {
  /// By unit of a plan, the channels of its value; nil where no variant that this reader knows has
  /// it.
  public func channels(of plan: SamplingPlan) -> [Int]? {
    var known: [[UInt8]: Int] = [:]
    for variant in variants where variant.unsupported == nil {
      for unit in variant.program.reusableUnits {
        known[Array(unit.name.utf8)] = ChannelAxis(of: variant.program.shape(of: unit)).count
      }
    }
    let channels = plan.units.compactMap { known[Array($0.utf8)] }
    return channels.count == plan.units.count ? channels : nil
  }
}
