internal import MosaicBundle
internal import MosaicCore

extension ReuseMemory {
  /// What a run takes from here and leaves here. Values that it computes count as known from here on,
  /// so the run has to follow.
  ///
  /// - Parameters:
  ///   - orders: By unit: nil computes it; 0 repeats the last value, 1 and 2 extrapolate.
  ///   - forecasts: By group of the run and unit; nil, or no groups at all, for Lagrange's weights.
  ///   - groups: Whose samples the run is of.
  /// - Throws: `RuntimeError.Reason.unknownValues` where too few values are known.
  func exchange(
    step: Int, orders: [Int?], forecasts: [[ValueForecast?]] = [], groups: Range<Int>,
    with program: Program
  ) throws(RuntimeError) -> ValueExchange {
    let known = instructions(of: program)
    let reused = known.filter { orders[$0.unit] != nil }
    let (isLive, read) = live(program, reusing: reused, forecasts)
    var result = ValueExchange(
      isLive: isLive, fills: [:], keeps: [:], inputUses: [:], groupSize: groupSize,
      groupCount: groups.count)
    // A reused unit that only other reused ones need takes no memory and no time.
    for known in reused where read.contains(known.instruction) {
      let unit = known.unit
      guard let order = orders[unit] else { continue }
      let fills = try groups.enumerated().map { place, group throws(RuntimeError) in
        try fill(
          known, group: group, step: step, order: order,
          forecast: forecasts.isEmpty ? nil : forecasts[place][unit], in: program)
      }
      result.fills[known.instruction] = fills
      guard let input = known.input else { continue }
      if fills.contains(where: { $0.correction != nil }) {
        result.inputUses[input, default: []].append(.correct(known.instruction))
      }
      if let observed {
        result.inputUses[input, default: []].append(.keep([observed.place(unit)]))
      }
    }
    for known in known where units[known.unit].depth > 0 && isLive[known.instruction] && !isReadOnly
    {
      let unit = known.unit
      let slots = groups.map { remember(step, unit: unit, group: $0) }
      result.keeps[known.instruction] = zip(groups, slots).map {
        place(unit: unit, slot: $1, group: $0)
      }
      if let input = known.input, units[unit].inputElements > 0 {
        result.inputUses[input, default: []].append(
          .keep(zip(groups, slots).map { inputPlace(unit: unit, slot: $1, group: $0) }))
      }
    }
    return result
  }

  /// A unit by its number here, with the instructions that compute it and its input.
  private struct Known {
    var unit: Int
    var instruction: Int
    var input: Int?
  }

  private func instructions(of program: Program) -> [Known] {
    program.reusableUnits.compactMap { known in
      numbers[Array(known.name.utf8)].map {
        Known(unit: $0, instruction: known.instruction, input: known.input)
      }
    }
  }

  /// The instructions that have to run, and those of `reused` whose results are read.
  private func live(
    _ program: Program, reusing reused: [Known], _ forecasts: [[ValueForecast?]]
  ) -> (isLive: [Bool], read: Set<Int>) {
    let given = Set(reused.map(\.instruction))
    var found = program.liveInstructions(given: given)
    while true {
      // What is made of the inputs of values that are read may read others.
      let inputs = reused.compactMap { known -> Int? in
        let isAsked =
          observed != nil || forecasts.contains { $0[known.unit]?.correction != nil }
        return isAsked && found.read.contains(known.instruction) ? known.input : nil
      }
      let more = program.liveInstructions(given: given, and: Set(inputs))
      if more.read == found.read { return more }
      found = more
    }
  }

  private func fill(
    _ unit: Known, group: Int, step: Int, order: Int, forecast: ValueForecast?, in program: Program
  ) throws(RuntimeError) -> ValueExchange.Fill {
    let known = past[group][unit.unit]
    guard (0...ValueForecast.mostOrder).contains(order), known.count > order else {
      throw RuntimeError(
        .unknownValues(
          unit: units[unit.unit].name, step: step, order: order, known: known.count))
    }
    let weights =
      forecast?.weights
      ?? ValueForecast.weights(
        at: positions[step], from: known.map { positions[$0.step] }, order: order
      ).map { Float($0) }
    let sources = zip(known, weights).map { value, weight in
      ValueExchange.Source(
        values: UnsafePointer(place(unit: unit.unit, slot: value.slot, group: group)),
        weight: weight)
    }
    var result = ValueExchange.Fill(sources: sources, offset: forecast?.offset ?? [])
    if let correction = forecast?.correction, units[unit.unit].inputElements > 0 {
      let inputs = zip(known, correction.weights).map { value, weight in
        ValueExchange.Source(
          values: UnsafePointer(inputPlace(unit: unit.unit, slot: value.slot, group: group)),
          weight: -weight)
      }
      result.correction = unit.input.map { input in
        ValueExchange.Correction(
          correction, inputs, input: program.resultShape(of: input),
          value: program.resultShape(of: unit.instruction))
      }
    }
    return result
  }
}

extension Program {
  fileprivate func resultShape(of instruction: Int) -> [Int] {
    values[instructions[instruction].output].shape
  }
}
