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
    var shapes: [[UInt8]: [[Int]?]] = [:]
    for variant in manifest.variants where variant.unsupported == nil {
      for unit in variant.program.reusableUnits {
        let shape = [variant.program.valueShape(of: unit), variant.program.inputShape(of: unit)]
        guard shapes.updateValue(shape, forKey: Array(unit.name.utf8)) ?? shape == shape
        else {
          throw .inconsistent(
            section: "variant '\(printable(variant.name))'",
            problem: "its reusable unit '\(printable(unit.name))' or its input has another shape "
              + "than in the variants before")
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
    guard tensor.dataType == .f32, let count = plan.forecastCount(channels),
      tensor.shape == [count]
    else {
      throw .inconsistent(
        section: place,
        problem: "its forecasts are not the numbers that tensor '\(printable(tensor.name))' holds")
    }
  }

  /// What is corrected has a forecast, an input and a map.
  func checkMaps(of plan: SamplingPlan, _ place: String) throws(BundleError.Reason) {
    let corrects = plan.steps.contains { $0.corrected.contains(true) }
    guard let maps = plan.maps else {
      if !corrects { return }
      throw .inconsistent(section: place, problem: "corrects values without maps")
    }
    guard manifest.tensors.indices.contains(maps.tensor), corrects, plan.forecasts != nil,
      (1...BundleLimits.mapRank).contains(maps.rank)
    else {
      throw .inconsistent(
        section: place,
        problem: "takes maps of rank \(maps.rank) from tensor \(maps.tensor) of "
          + "\(manifest.tensors.count), where it corrects \(corrects ? "values" : "none") and has "
          + "\(plan.forecasts == nil ? "no " : "")forecasts")
    }
    guard let channels = manifest.channels(of: plan) else { return }
    for (unit, name) in plan.units.enumerated() where channels.inputs[unit] == 0 {
      if let step = plan.steps.firstIndex(where: { $0.isCorrected(unit) }) {
        throw .inconsistent(
          section: "\(place), step \(step)",
          problem: "corrects unit '\(printable(name))', whose input no variant has")
      }
    }
    let tensor = manifest.tensors[maps.tensor]
    guard tensor.dataType == .bf16 || tensor.dataType == .f32, let count = plan.mapCount(channels),
      tensor.shape == [count]
    else {
      throw .inconsistent(
        section: place,
        problem: "its maps are not the numbers that tensor '\(printable(tensor.name))' holds")
    }
  }

  /// By unit of the plan, elements of one forward's value and of its branch's input; 0 where no known
  /// program has them.
  func sizes(of plan: SamplingPlan) -> [(value: Int, input: Int)] {
    names(of: plan).map { name in
      for (entry, variant) in zip(entries, manifest.variants) {
        guard let name, let number = entry?.units[name] else { continue }
        let program = variant.program
        let unit = program.reusableUnits[number]
        let input = program.inputShape(of: unit).map { elementCount(of: $0) ?? 0 } ?? 0
        return (elementCount(of: program.valueShape(of: unit)) ?? 0, input)
      }
      return (0, 0)
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
    var isCorrected = isReused
    let places = names.map { $0.flatMap { entry.units[$0] } }
    for (unit, place) in places.enumerated() where step.orders[unit] != nil {
      guard let place else { continue }
      isReused[place] = true
      isCorrected[place] = step.isCorrected(unit)
    }
    let use = entry.dependencies.use(reusing: isReused, correcting: isCorrected)
    return places.map { place in
      place.flatMap { use.isComputed[$0] ? .computed : use.isTaken[$0] ? .taken : nil }
    }
  }
}

extension Program {
  /// Of one forward's value.
  func valueShape(of unit: ReusableUnit) -> [Int] {
    values[instructions[unit.instruction].output].shape
  }

  func inputShape(of unit: ReusableUnit) -> [Int]? {
    unit.input.map { values[instructions[$0].output].shape }
  }
}

extension Manifest {
  /// nil where no variant that this reader knows has one of the plan's units.
  public func channels(of plan: SamplingPlan) -> SamplingPlan.Channels? {
    var known: [[UInt8]: (value: Int, input: Int)] = [:]
    for variant in variants where variant.unsupported == nil {
      for unit in variant.program.reusableUnits {
        known[Array(unit.name.utf8)] = (
          ChannelAxis(of: variant.program.valueShape(of: unit)).count,
          variant.program.inputShape(of: unit).map { ChannelAxis(of: $0).count } ?? 0
        )
      }
    }
    let channels = plan.units.compactMap { known[Array($0.utf8)] }
    guard channels.count == plan.units.count else { return nil }
    return SamplingPlan.Channels(values: channels.map(\.value), inputs: channels.map(\.input))
  }
}
