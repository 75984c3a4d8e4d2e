internal import MosaicCore
internal import MosaicKernels
internal import MosaicRuntime

extension PlanNetworks {
  /// Samples whose values are held at a time.
  private static let partSamples = 16
  /// Bytes of regressions held at a time: more are summed in runs of their own.
  private static let regressionBytes = 1 << 30

  /// Runs a plan and learns how every unit's values are forecast along it: of those that it reuses,
  /// what they would be if that step computed everything.
  ///
  /// - Parameters:
  ///   - known: What the values that the plan reuses are made of; without it, by Lagrange's weights, no
  ///     maps of inputs are learnt.
  ///   - onlyReused: Whether maps are learnt for what the plan reuses alone.
  /// - Returns: The model, and forwards as dense trajectories a sample.
  public func forecastModel(
    along plan: StepPlan, from known: ForecastModel?, onlyReused: Bool = false,
    on base: DenseTrajectories, stage: String, progress: ProgressHandler
  ) throws -> (model: ForecastModel, work: Double) {
    let steps = subject.trajectory.steps.count
    let wanted = known == nil ? [] : regressed(along: plan, onlyReused: onlyReused)
    let chunks = wanted.isEmpty ? [[]] : chunked(wanted)
    var model = ForecastModel(
      values: ValueMoments(steps: steps, channels: units.axes.map(\.count)),
      inputs: ValueMoments(steps: steps, channels: units.inputChannels),
      maps: (0..<steps).map { _ in units.units.map { _ in nil } })
    var work = 0.0
    let samples = base.labels.count
    for (number, chunk) in chunks.enumerated() {
      var sums = ForecastSums(of: self, chunk, hasMoments: number == 0)
      for first in stride(from: 0, to: samples, by: Self.partSamples) {
        let part = base.part(first..<min(first + Self.partSamples, samples))
        work += try add(part, along: plan, known, to: &sums)
        try progress(
          Progress(
            stage: stage, done: number * samples + min(first + Self.partSamples, samples),
            total: chunks.count * samples))
      }
      if number == 0 { (model.values, model.inputs) = (sums.values, sums.inputs) }
      for (place, regression) in zip(chunk, sums.regressions) {
        model.maps[place.step][place.unit] = regression.map(rank: ForecastModel.rank)
      }
    }
    return (model, work / Double(neededSteps) / Double(max(samples, 1)))
  }

  /// The values that maps of inputs are learnt for.
  private func regressed(along plan: StepPlan, onlyReused: Bool) -> [ForecastSums.Place] {
    isNeeded.indices.filter { isNeeded[$0] }.flatMap { step in
      units.units.indices.compactMap { unit in
        let isReused = plan.reuse.orders[step][unit] != nil
        guard units.inputAxes[unit] != nil, isReused || !onlyReused else { return nil }
        return ForecastSums.Place(step: step, unit: unit)
      }
    }
  }

  private func chunked(_ places: [ForecastSums.Place]) -> [[ForecastSums.Place]] {
    var chunks: [[ForecastSums.Place]] = []
    var bytes = Int.max
    for place in places {
      let own = InputRegression.byteCount(
        inputs: units.inputChannels[place.unit], values: units.axes[place.unit].count)
      if bytes.addingClamped(own) > Self.regressionBytes {
        chunks.append([])
        bytes = 0
      }
      chunks[chunks.count - 1].append(place)
      bytes += own
    }
    return chunks
  }

  private func add(
    _ part: DenseTrajectories, along plan: StepPlan, _ known: ForecastModel?,
    to sums: inout ForecastSums
  ) throws -> Double {
    let samples = part.labels.count
    let forwards = samples * subject.predictor.forwardsPerSample
    // One deeper than plans ask for: each step's value is read from here behind it.
    let depths = plan.reuse.depths(after: -1).map { max($0, 1) }
    var run = PlanRun(self, known, start: part, depths: depths, keepsInputs: true)
    let observed = ObservedInputs(elements: units.inputElements.map { $0 * forwards })
    run.memory.observed = observed
    var work = 0.0
    for step in subject.trajectory.steps.indices {
      let orders = plan.reuse.orders[step]
      var fresh: ReuseMemory?
      if isNeeded[step], orders.contains(where: { $0 != nil }) {
        let memory = memory(depths: units.units.map { _ in 1 }, samples: samples)
        _ = try subject.forward(
          predictor(plan, step: step), run.states, part.labels, step: step,
          orders: orders.map { _ in nil }, forecasts: [], memory: memory, groups: 0..<1)
        work += wholeCost(plan, step: step)
        fresh = memory
      }
      try run.advance(plan, step: step)
      guard isNeeded[step] else { continue }
      for unit in units.units.indices {
        let value =
          run.memory.values(unit: unit, group: 0, of: step)
          ?? fresh?.values(unit: unit, group: 0, of: step)
        guard let value else { continue }
        let isComputed = units.isComputed(unit, orders)
        let input =
          isComputed
          ? run.memory.inputs(unit: unit, group: 0, of: step)
          : orders[unit] == nil ? nil : observed.values(unit: unit)
        sums.add(
          ForecastSums.Place(step: step, unit: unit), value: Array(value),
          input: units.inputAxes[unit] == nil ? nil : input.map { Array($0) },
          isComputed: isComputed, order: orders[unit], known)
      }
    }
    sums.endPart(forwards: forwards)
    return (work + run.work) * Double(samples)
  }

  /// What a step costs where it reuses nothing.
  private func wholeCost(_ plan: StepPlan, step: Int) -> Double {
    var whole = plan
    whole.reuse.orders[step] = plan.reuse.orders[step].map { _ in nil }
    return cost(whole, step: step)
  }
}

/// What a `ForecastModel` is made of, summed over parts of the samples that run side by side.
private struct ForecastSums {
  /// A unit's value at a step.
  struct Place: Hashable {
    var step: Int
    var unit: Int
  }

  private struct Known {
    var step: Int
    var value: [Float]
    var input: [Float]?
    /// Whether reuse may take it: it was computed.
    var isComputed: Bool
  }

  private let units: ReuseUnits
  private let hasMoments: Bool
  private(set) var values: ValueMoments
  private(set) var inputs: ValueMoments
  private(set) var regressions: [InputRegression]
  private let numbers: [Place: Int]
  /// By unit, the latest first.
  private var known: [[Known]]

  init(of networks: PlanNetworks, _ places: [Place], hasMoments: Bool) {
    units = networks.units
    self.hasMoments = hasMoments
    let steps = networks.isNeeded.count
    values = ValueMoments(steps: steps, channels: units.axes.map(\.count))
    inputs = ValueMoments(steps: steps, channels: units.inputChannels)
    let (inputChannels, axes) = (units.inputChannels, units.axes)
    regressions = places.map {
      InputRegression(inputs: inputChannels[$0.unit], values: axes[$0.unit].count)
    }
    numbers = Dictionary(uniqueKeysWithValues: zip(places, 0...))
    known = units.units.map { _ in [] }
  }

  /// - Parameters:
  ///   - input: Of the branch; nil where it was not computed.
  ///   - order: Of a reused value.
  mutating func add(
    _ place: Place, value: [Float], input: [Float]?, isComputed: Bool, order: Int?,
    _ model: ForecastModel?
  ) {
    let (step, unit) = (place.step, place.unit)
    known[unit].removeAll { step - $0.step > ValueMoments.reach }
    if hasMoments {
      add(value, \.value, place, axis: units.axes[unit], to: &values)
      if let input, let axis = units.inputAxes[unit] {
        add(input, \.input, place, axis: axis, to: &inputs)
      }
    }
    if let model, let input { regress(place, value, input, order: order, model) }
    known[unit].insert(
      Known(step: step, value: value, input: input, isComputed: isComputed), at: 0)
  }

  private func add(
    _ value: [Float], _ kept: (Known) -> [Float]?, _ place: Place, axis: ChannelAxis,
    to moments: inout ValueMoments
  ) {
    value.withUnsafeBufferPointer { value in
      for earlier in known[place.unit] {
        kept(earlier)?.withUnsafeBufferPointer {
          moments.add(unit: place.unit, step: place.step, value: value, before: earlier.step, $0)
        }
      }
      let places = value.count / max(axis.outer * axis.count * axis.inner, 1)
      moments.add(
        unit: place.unit, step: place.step, value: value, axis: axis.repeated(places))
    }
  }

  private mutating func regress(
    _ place: Place, _ value: [Float], _ input: [Float], order: Int?, _ model: ForecastModel
  ) {
    guard let number = numbers[place], let axis = units.inputAxes[place.unit] else { return }
    let used = known[place.unit].filter(\.isComputed).prefix((order ?? 1) + 1)
    let steps = used.map(\.step)
    guard !used.isEmpty,
      let ofValue = model.values.forecast(unit: place.unit, step: place.step, from: steps),
      let ofInput = model.inputs.forecast(unit: place.unit, step: place.step, from: steps)
    else { return }
    regressions[number].add(
      rows(of: input, minus: zip(ofInput.weights, used.map { $0.input ?? [] }), axis),
      rows(of: value, minus: zip(ofValue.weights, used.map(\.value)), units.axes[place.unit]))
  }

  /// What is left of a value, a row a place.
  private func rows(
    of value: [Float], minus terms: Zip2Sequence<[Float], [[Float]]>, _ axis: ChannelAxis
  ) -> Matrix {
    var left = value
    for (weight, other) in terms where other.count == left.count {
      for index in left.indices { left[index] -= weight * other[index] }
    }
    let outer = left.count / max(axis.count * axis.inner, 1)
    var result = Matrix(rows: outer * axis.inner, columns: axis.count)
    for block in 0..<outer {
      for channel in 0..<axis.count {
        let start = (block * axis.count + channel) * axis.inner
        for place in 0..<axis.inner {
          result[block * axis.inner + place, channel] = Double(left[start + place])
        }
      }
    }
    return result
  }

  /// The next samples begin at the first step.
  mutating func endPart(forwards: Int) {
    for unit in units.units.indices {
      known[unit] = []
      guard hasMoments else { continue }
      values.count(unit: unit, axis: units.axes[unit].repeated(forwards))
      if let axis = units.inputAxes[unit] {
        inputs.count(unit: unit, axis: axis.repeated(forwards))
      }
    }
  }
}

extension ChannelAxis {
  /// Of as many samples, one behind the other.
  func repeated(_ samples: Int) -> ChannelAxis {
    var result = self
    result.outer *= samples
    return result
  }
}
