public import MosaicCore

extension SamplingPlan {
  /// By unit of a plan, the channels of its value and of its branch's input; 0 of an input that is in
  /// no program.
  public struct Channels: Sendable, Equatable {
    public var values: [Int]
    public var inputs: [Int]

    public init(values: [Int], inputs: [Int]) {
      self.values = values
      self.inputs = inputs
    }
  }

  /// A value that a step takes from earlier ones.
  private struct Taken {
    var unit: Int
    var order: Int
    var isCorrected: Bool
  }

  /// Of a step, in the order in which tensors have them.
  private func taken(_ step: Step) -> [Taken] {
    guard step.isNeeded else { return [] }
    return step.orders.enumerated().compactMap { unit, order in
      order.map { Taken(unit: unit, order: $0, isCorrected: step.isCorrected(unit)) }
    }
  }

  /// Elements of the tensor of forecasts: for each needed step and each unit that it reuses, in
  /// order, the weights of the values used, the latest first, where it is corrected those of the
  /// inputs, then a constant for each channel.
  ///
  /// - Returns: nil where no memory holds so many.
  public func forecastCount(_ channels: Channels) -> Int? {
    count { taken in
      [taken.order + 1, taken.isCorrected ? taken.order + 1 : 0, channels.values[taken.unit]]
    }
  }

  /// Elements of the tensor of maps: for each value that is corrected, in order, [rank, channels of the
  /// input] and [rank, channels of the value].
  ///
  /// - Returns: nil where no memory holds so many.
  public func mapCount(_ channels: Channels) -> Int? {
    count { taken in
      guard taken.isCorrected, let rank = maps?.rank else { return [] }
      return [
        rank.multipliedClamped(by: channels.inputs[taken.unit]),
        rank.multipliedClamped(by: channels.values[taken.unit]),
      ]
    }
  }

  private func count(_ parts: (Taken) -> [Int]) -> Int? {
    let count = steps.lazy.flatMap(taken).flatMap(parts).reduce(0) { $0.addingClamped($1) }
    return count == Int.max ? nil : count
  }

  /// The tensors of forecasts and of maps. Steps correct what has a correction from here on.
  ///
  /// - Parameter forecasts: [step][unit]; those of reused units in needed steps are there.
  public mutating func pack(_ forecasts: [[ValueForecast?]]) -> (forecasts: [Float], maps: [Float])
  {
    var (numbers, maps): ([Float], [Float]) = ([], [])
    for (step, row) in zip(steps.indices, forecasts) where steps[step].isNeeded {
      let corrected = zip(steps[step].orders, row).map { $0 != nil && $1?.correction != nil }
      steps[step].corrected = corrected.contains(true) ? corrected : []
      for taken in taken(steps[step]) {
        guard let forecast = row[taken.unit] else { continue }
        numbers += forecast.weights + (forecast.correction?.weights ?? []) + forecast.offset
        if let correction = forecast.correction { maps += correction.down + correction.up }
      }
    }
    return (numbers, maps)
  }

  /// [step][unit]: what reused values are made of; nil of those computed.
  ///
  /// - Parameters:
  ///   - values: As many as `forecastCount` says.
  ///   - maps: As many as `mapCount` says.
  public func unpacked(
    _ values: [Float], maps: [Float] = [], _ channels: Channels
  ) -> [[ValueForecast?]] {
    var (values, maps) = (values[...], maps[...])
    func take(_ count: Int, of rest: inout ArraySlice<Float>) -> [Float] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    let rank = self.maps?.rank ?? 0
    return steps.map { step in
      var row = [ValueForecast?](repeating: nil, count: units.count)
      for taken in taken(step) {
        let weights = take(taken.order + 1, of: &values)
        var correction: ValueForecast.Correction?
        if taken.isCorrected {
          correction = ValueForecast.Correction(
            weights: take(taken.order + 1, of: &values),
            down: take(rank * channels.inputs[taken.unit], of: &maps),
            up: take(rank * channels.values[taken.unit], of: &maps), rank: rank)
        }
        row[taken.unit] = ValueForecast(
          weights: weights, offset: take(channels.values[taken.unit], of: &values),
          correction: correction)
      }
      return row
    }
  }
}
