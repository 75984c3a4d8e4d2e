internal import MosaicCore

/// The tensors of a record of plans: `Formats/STATS.md`.
struct PlanTensors {
  /// [rows, columns], each by its name.
  var integers: [(name: String, columns: Int, values: [Int64])] = []
  var doubles: [(name: String, columns: Int, values: [Double])] = []

  /// - Parameter number: Of the record in its file.
  static func name(_ number: Int, _ what: String) -> String { "plans.\(number).\(what)" }

  init(_ record: PlanRecord, number: Int) {
    func name(_ what: String) -> String { Self.name(number, what) }
    let trace = record.state.trace
    let estimates = record.state.estimates
    integers.append(
      (
        name("moves"), 5,
        trace.stages.enumerated().flatMap { stage, made in
          made.moves.flatMap { [Int64(stage)] + $0.numbers }
        }
      ))
    doubles.append((name("stages"), 3, trace.stages.flatMap { [$0.cost, $0.error, $0.work] }))
    for (what, known) in [("added", estimates.added), ("own", estimates.own)] {
      let moves = known.keys.sorted { $0.numbers.lexicographicallyPrecedes($1.numbers) }
      integers.append((name("\(what)_moves"), 4, moves.flatMap(\.numbers)))
      doubles.append((name(what), 1, moves.map { known[$0] ?? 0 }))
    }
    doubles.append(
      (
        name("gains"), 3,
        estimates.gains.sorted { $0.key < $1.key }
          .flatMap { [Double($0.key), $0.value.sum, Double($0.value.count)] }
      ))
    guard let model = record.state.model else { return }
    for (what, moments) in [("value", model.values), ("input", model.inputs)] {
      integers.append((name("\(what)_channels"), 1, moments.channels.map { Int64($0) }))
      doubles.append((name("\(what)_counts"), 1, moments.counts))
      doubles.append((name("\(what)_sums"), 1, moments.flatSums))
      doubles.append((name("\(what)_products"), ValueMoments.reach + 1, moments.flatProducts))
    }
    var places: [Int64] = []
    var maps: [Double] = []
    for (step, row) in model.maps.enumerated() {
      for (unit, map) in row.enumerated() {
        guard let map else { continue }
        places += [Int64(step), Int64(unit)]
        maps += (map.down + map.up).map(Double.init)
      }
    }
    integers.append((name("map_places"), 2, places))
    doubles.append((name("maps"), 1, maps))
  }
}

extension PlanRecord {
  /// - Parameters:
  ///   - integers: A tensor's values with as many columns as said.
  ///   - doubles: The same.
  /// - Throws: What the two throw, or a field's name where numbers are none that a record has.
  init(
    settings: String, number: Int, steps: Int,
    integers: (String, Int) throws(StatisticsError.Reason) -> [Int],
    doubles: (String, Int) throws(StatisticsError.Reason) -> [Double],
    hasModel: Bool
  ) throws(StatisticsError.Reason) {
    func name(_ what: String) -> String { PlanTensors.name(number, what) }
    var state = PlanSearchState()
    let stages = try doubles(name("stages"), 3)
    for place in stride(from: 0, to: stages.count, by: 3) {
      state.trace.stages.append(
        PlanTrace.Stage(
          moves: [], cost: stages[place], error: stages[place + 1], work: stages[place + 2]))
    }
    let moves = try integers(name("moves"), 5)
    for place in stride(from: 0, to: moves.count, by: 5) {
      guard state.trace.stages.indices.contains(moves[place]),
        let move = PlanMove(numbers: moves[(place + 1)..<(place + 5)])
      else { throw .tensor(name("moves"), "names a move or a stage that there is not") }
      state.trace.stages[moves[place]].moves.append(move)
    }
    func known(_ what: String) throws(StatisticsError.Reason) -> [PlanMove: Double] {
      let moves = try integers(name("\(what)_moves"), 4)
      let values = try doubles(name(what), 1)
      guard moves.count == 4 * values.count else {
        throw .tensor(name(what), "must have a value for each move")
      }
      var result: [PlanMove: Double] = [:]
      for (index, value) in values.enumerated() {
        guard let move = PlanMove(numbers: moves[(4 * index)..<(4 * index + 4)]) else {
          throw .tensor(name("\(what)_moves"), "names a move that there is not")
        }
        result[move] = value
      }
      return result
    }
    state.estimates.added = try known("added")
    state.estimates.own = try known("own")
    let gains = try doubles(name("gains"), 3)
    for place in stride(from: 0, to: gains.count, by: 3) {
      guard let step = Int(exactly: gains[place]), let count = Int(exactly: gains[place + 2]),
        (0..<steps).contains(step), count > 0
      else { throw .tensor(name("gains"), "names a step that there is not") }
      state.estimates.gains[step] = MoveEstimates.Gain(sum: gains[place + 1], count: count)
    }
    func moments(_ what: String) throws(StatisticsError.Reason) -> ValueMoments {
      let moments = ValueMoments(
        channels: try integers(name("\(what)_channels"), 1),
        counts: try doubles(name("\(what)_counts"), 1),
        sums: try doubles(name("\(what)_sums"), 1),
        products: try doubles(name("\(what)_products"), ValueMoments.reach + 1), steps: steps)
      guard let moments else {
        throw .tensor(name("\(what)_sums"), "must have a value for each unit, step and channel")
      }
      return moments
    }
    if hasModel {
      let model = ForecastModel(
        values: try moments("value"), inputs: try moments("input"), steps: steps,
        places: try integers(name("map_places"), 2), numbers: try doubles(name("maps"), 1))
      guard let model else {
        throw .tensor(
          name("maps"), "must have a map of rank \(ForecastModel.rank) for each place")
      }
      state.model = model
    }
    self.init(settings: settings, state: state)
  }
}

extension ForecastModel {
  /// - Parameters:
  ///   - places: Step and unit of each map.
  ///   - numbers: The maps one behind the other.
  /// - Returns: nil where the numbers are not those of such maps.
  fileprivate init?(
    values: ValueMoments, inputs: ValueMoments, steps: Int, places: [Int], numbers: [Double]
  ) {
    let (outer, inner) = (values.channels, inputs.channels)
    guard outer.count == inner.count else { return nil }
    var maps = [[InputMap?]](
      repeating: [InputMap?](repeating: nil, count: outer.count), count: steps)
    var rest = numbers.map { Float($0) }[...]
    for place in stride(from: 0, to: places.count, by: 2) {
      let (step, unit) = (places[place], places[place + 1])
      guard maps.indices.contains(step), outer.indices.contains(unit) else { return nil }
      let (down, up) = (Self.rank * inner[unit], Self.rank * outer[unit])
      guard rest.count >= down + up else { return nil }
      maps[step][unit] = InputMap(
        down: Array(rest.prefix(down)), up: Array(rest.dropFirst(down).prefix(up)),
        rank: Self.rank)
      rest = rest.dropFirst(down + up)
    }
    guard rest.isEmpty else { return nil }
    self.init(values: values, inputs: inputs, maps: maps)
  }
}

extension PlanMove {
  /// Kind, step or bucket, unit or level, and one more than the order; 0 computes anew.
  fileprivate var numbers: [Int64] {
    switch self {
    case .reuse(let step, let unit, let order):
      [0, Int64(step), Int64(unit), Int64((order ?? -1) + 1)]
    case .prune(let bucket, let level): [1, Int64(bucket), Int64(level), 0]
    }
  }

  fileprivate init?(numbers: ArraySlice<Int>) {
    let numbers = Array(numbers)
    guard numbers.count == 4, numbers.allSatisfy({ (0...1 << 20).contains($0) }) else {
      return nil
    }
    switch numbers[0] {
    case 0 where numbers[3] <= ValueForecast.mostOrder + 1:
      self = .reuse(
        step: numbers[1], unit: numbers[2], order: numbers[3] == 0 ? nil : numbers[3] - 1)
    case 1: self = .prune(bucket: numbers[1], level: numbers[2])
    default: return nil
    }
  }
}
