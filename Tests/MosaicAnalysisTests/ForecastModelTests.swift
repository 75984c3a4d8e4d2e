import MosaicCore
import MosaicKernels
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

@Suite struct ForecastModelTests {
  private func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = SplitMix64(seed: seed)
    return Matrix(
      rows: rows, columns: columns, elements: random.floats(rows * columns).map(Double.init))
  }

  /// Of what is exactly a map of rank 2 of the input, and a constant, nothing is left.
  @Test func findsTheMapOfItsRank() throws {
    let x = matrix(300, 6, seed: 1)
    let truth = multiply(matrix(6, 2, seed: 2), by: matrix(2, 4, seed: 3))
    var y = multiply(x, by: truth)
    for row in 0..<300 { for column in 0..<4 { y[row, column] += Double(column) } }
    var regression = InputRegression(inputs: 6, values: 4)
    for start in stride(from: 0, to: 300, by: 100) {
      func part(_ whole: Matrix) -> Matrix {
        whole.selecting(rows: Array(start..<start + 100))
      }
      regression.add(part(x), part(y))
    }
    let map = try #require(regression.map(rank: 2))
    for input in 0..<6 {
      let found = map.apply(to: (0..<6).map { $0 == input ? 1 : 0 })
      for (column, value) in found.enumerated() {
        // Rounded to 8 bits, and damped by a hundredth.
        #expect(abs(Double(value) - truth[input, column]) <= 0.05)
      }
    }
    // A rank that there is not is filled up with nothing.
    let wide = try #require(regression.map(rank: 9))
    #expect(wide.rank == 9 && wide.down.count == 54 && wide.up.count == 36)
    #expect(InputRegression(inputs: 6, values: 4).map(rank: 2) == nil)
  }

  /// No map of the rank leaves less than the one found, on what it was found from.
  @Test func leavesLeastOfItsRank() throws {
    let x = matrix(200, 5, seed: 4)
    var y = multiply(x, by: matrix(5, 3, seed: 5))
    let noise = matrix(200, 3, seed: 6)
    for index in y.elements.indices { y.elements[index] += 0.3 * noise.elements[index] }
    var regression = InputRegression(inputs: 5, values: 3)
    regression.add(x, y)
    let map = try #require(regression.map(rank: 1))

    func left(_ map: InputMap) -> Double {
      let rows = (0..<200).map { row in
        zip(
          (0..<3).map { y[row, $0] },
          map.apply(to: (0..<5).map { Float(x[row, $0]) })
        ).map { $0 - Double($1) }
      }
      return (0..<3).reduce(0) { sum, column in
        let mean = rows.reduce(0) { $0 + $1[column] } / 200
        return sum + rows.reduce(0) { $0 + ($1[column] - mean) * ($1[column] - mean) }
      }
    }
    let best = left(map)
    var random = SplitMix64(seed: 7)
    for _ in 0..<200 {
      let other = InputMap(
        down: zip(map.down, random.floats(5)).map { $0 + 0.2 * $1 },
        up: zip(map.up, random.floats(3)).map { $0 + 0.2 * $1 }, rank: 1)
      // Damping and rounding give away a little.
      #expect(left(other) >= best * 0.999)
    }
  }

  /// Forecasts with a correction are right on average, in every channel.
  @Test func correctionsLeaveNoMeanError() throws {
    let (steps, rows) = (3, 9)
    var random = SplitMix64(seed: 8)
    let values = (0..<steps).map { _ in random.floats(rows * 2) }
    let inputs = (0..<steps).map { _ in random.floats(rows * 3) }
    var model = ForecastModel(
      values: ValueMoments(of: values, channels: 2), inputs: ValueMoments(of: inputs, channels: 3),
      maps: [[nil], [nil], [nil]])
    let map = InputMap(down: random.floats(6), up: random.floats(4), rank: 2)
    model.maps[2][0] = map
    let forecast = try #require(model.forecast(unit: 0, step: 2, from: [1, 0]))
    let correction = try #require(forecast.correction)
    #expect(correction.down == map.down && correction.up == map.up)
    var means = [0.0, 0.0]
    for row in 0..<rows {
      let left = (0..<3).map { channel in
        let place = 3 * row + channel
        return inputs[2][place] - correction.weights[0] * inputs[1][place]
          - correction.weights[1] * inputs[0][place]
      }
      let change = map.apply(to: left)
      for channel in 0..<2 {
        let place = 2 * row + channel
        let found =
          forecast.weights[0] * values[1][place] + forecast.weights[1] * values[0][place]
          + forecast.offset[channel] + change[channel]
        means[channel] += Double(found - values[2][place])
      }
    }
    #expect(means.allSatisfy { abs($0) <= 1e-4 })
    model.maps[2][0] = nil
    #expect(model.forecast(unit: 0, step: 2, from: [1, 0])?.correction == nil)
  }

  /// Along a plan that reuses, what is learnt of inputs makes final samples better.
  @Test func correctionsBetterAPlan() throws {
    let subject = try tinySubject()
    let networks = try PlanNetworks(
      subject, sparsities: [], networks: subject.buckets.map { _ in [] })
    let base = try subject.trajectories(from: 3 << 32, samples: 24, progress: noProgress)
    var plan = networks.densePlan
    for unit in 0..<3 { plan.reuse.orders[2][unit] = 1 }
    let run = try PlannedRun(networks, plan, on: base, progress: noProgress)
    #expect((0..<3).allSatisfy { run.forecasts[2][$0]?.correction != nil })
    var plain = run.model
    plain.maps = plain.maps.map { $0.map { _ in nil } }
    let errors = try [run.model, plain].map {
      meanSquare(
        try networks.finals(of: plan, $0, on: base, progress: noProgress), base.final)
    }
    #expect(errors[0] < 0.8 * errors[1], "\(errors)")
    // The measurement is of the same run.
    let measured = try run.measure(on: base, progress: noProgress)
    let mean = measured.finalErrors.reduce(0, +) / Double(measured.finalErrors.count)
    #expect(abs(mean - errors[0]) <= 1e-6 * errors[0])
  }
}
