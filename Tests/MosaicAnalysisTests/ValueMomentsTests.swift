import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

@Suite struct ValueMomentsTests {
  /// Series of values of one unit with two channels, that change slowly.
  private struct Series {
    let steps = 6
    let rows = 7
    let values: [[Float]]

    init(seed: UInt64) {
      var random = SplitMix64(seed: seed)
      var value = random.floats(14)
      var speed = random.floats(14)
      values = (0..<6).map { step in
        let noise = random.floats(14)
        for index in value.indices {
          speed[index] += 0.2 * noise[index]
          value[index] += 0.3 * speed[index] + (index.isMultiple(of: 2) ? Float(step) : 0)
        }
        return value
      }
    }

    /// [rows, 2].
    func moments() -> ValueMoments { ValueMoments(of: values, channels: 2) }

    func squaredError(_ forecast: ValueForecast, step: Int, from known: [Int]) -> Double {
      var sum = 0.0
      for index in values[step].indices {
        var value = Double(forecast.offset[index % 2])
        for (weight, other) in zip(forecast.weights, known) {
          value += Double(weight) * Double(values[other][index])
        }
        let difference = value - Double(values[step][index])
        sum += difference * difference
      }
      return sum
    }
  }

  /// A minimum: no small change of a weight or a constant makes the squared error less, and
  /// Lagrange's weights are no better.
  @Test(arguments: UInt64(0)..<8, [[4], [4, 3], [3, 1], [4, 2, 1]])
  func forecastsByLeastSquares(seed: UInt64, known: [Int]) throws {
    let series = Series(seed: seed)
    let forecast = try #require(series.moments().forecast(unit: 0, step: 5, from: known))
    let least = series.squaredError(forecast, step: 5, from: known)
    // Damping of 1e-6 of the moments leaves the minimum by as little.
    let slack = 1e-4 * series.values[5].reduce(0) { $0 + Double($1 * $1) } + 1e-9
    for change in [Float(0.01), -0.01] {
      for place in known.indices {
        var other = forecast
        other.weights[place] += change
        #expect(series.squaredError(other, step: 5, from: known) >= least - slack)
      }
      for channel in 0..<2 {
        var other = forecast
        other.offset[channel] += change
        #expect(series.squaredError(other, step: 5, from: known) >= least - slack)
      }
    }
    let lagrange = ValueForecast(
      weights: ValueForecast.weights(at: 5, from: known.map(Double.init), order: known.count - 1)
        .map { Float($0) }, offset: [0, 0])
    #expect(least <= series.squaredError(lagrange, step: 5, from: known) + slack)
  }

  /// A value that is exactly a combination of earlier ones and a constant is forecast exactly.
  @Test func findsWhatIsExact() throws {
    var random = SplitMix64(seed: 3)
    let (a, b) = (random.floats(40), random.floats(40))
    let target = zip(a, b).enumerated().map { index, pair in
      1.5 * pair.0 - 0.25 * pair.1 + (index % 2 == 0 ? 3 : -1)
    }
    let axis = ChannelAxis(of: [20, 2])
    var moments = ValueMoments(steps: 3, channels: [2])
    for (step, values) in [a, b, target].enumerated() {
      values.withUnsafeBufferPointer { value in
        moments.add(unit: 0, step: step, value: value, axis: axis)
        for (other, earlier) in [a, b].enumerated().prefix(step) {
          earlier.withUnsafeBufferPointer {
            moments.add(unit: 0, step: step, value: value, before: other, $0)
          }
        }
      }
    }
    moments.count(unit: 0, axis: axis)
    let forecast = try #require(moments.forecast(unit: 0, step: 2, from: [1, 0]))
    let expected: [Float] = [-0.25, 1.5, 3, -1]
    #expect(relativeError(forecast.weights + forecast.offset, expected) <= 1e-5)
  }

  /// What lies too far back is given no weight.
  @Test func looksBackSoFar() throws {
    let moments = ValueMoments(steps: 20, channels: [1])
    #expect(moments.forecast(unit: 0, step: 19, from: [2]) == nil)
  }
}

extension ValueMoments {
  /// Of one unit's values [rows, channels], a value a step.
  init(of series: [[Float]], channels: Int) {
    let axis = ChannelAxis(of: [series[0].count / channels, channels])
    self.init(steps: series.count, channels: [channels])
    for (step, value) in series.enumerated() {
      value.withUnsafeBufferPointer { value in
        add(unit: 0, step: step, value: value, axis: axis)
        for other in 0..<step {
          series[other].withUnsafeBufferPointer {
            add(unit: 0, step: step, value: value, before: other, $0)
          }
        }
      }
    }
    count(unit: 0, axis: axis)
  }
}
