import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicSurgery

@Suite struct SecondOrderRefitTests {
  let problem = Problem(width: 24, outputs: 5, rows: 400, seed: 2)

  /// Damping 0 is plain least squares on centred inputs.
  @Test(arguments: [0, 0.01], [[0, 3, 4, 11, 20], Array(1..<24), [7], []])
  func equalsTheDirectSolve(damp: Double, kept: [Int]) throws {
    let removal = try problem.refit(damp: damp).refit(kept: kept)
    let expected = problem.leastSquares(
      kept: kept, covariance: problem.covariance(damp: damp))
    #expect(removal.kept == kept)
    // Two exact solves with condition numbers below 10⁴ in f64.
    #expect(abs(removal.loss - expected.loss) <= 1e-10 * expected.loss)
    for output in 0..<5 {
      for (place, value) in expected.weight[output].enumerated() {
        // Half a unit in the last place of f32, values below 4.
        #expect(abs(Double(removal.weight[output * kept.count + place]) - value) <= 0x1p-22)
      }
    }
  }

  @Test func leastSquaresOnTheRowsThemselvesAgrees() throws {
    // Regression of Y on the kept columns and a constant, by its own normal equations.
    let kept = [1, 2, 8, 13, 21]
    let removal = try problem.refit(damp: 0).refit(kept: kept)
    let features = (0..<problem.rows).map { row in kept.map { problem.input(row, $0) } + [1] }
    let normal = (0...5).map { i in
      (0...5).map { j in features.reduce(0) { $0 + $1[i] * $1[j] } }
    }
    for output in 0..<5 {
      let y = (0..<problem.rows).map { row in
        (0..<24).reduce(0) {
          $0 + problem.input(row, $1) * Double(problem.weight[output * 24 + $1])
        }
      }
      let solution = solve(
        normal, (0...5).map { i in (0..<400).reduce(0) { $0 + features[$1][i] * y[$1] } })
      for place in 0..<5 {
        #expect(abs(Double(removal.weight[output * 5 + place]) - solution[place]) <= 0x1p-22)
      }
      // The intercept is the bias change; it takes up the rounding of five weights to f32.
      #expect(abs(Double(removal.biasChange[output]) - solution[5]) <= 5e-6)
    }
  }

  @Test func noPerturbationLowersTheError() throws {
    let kept = [0, 2, 5, 9, 14, 15, 22]
    let refit = try problem.refit()
    let removal = try refit.refit(kept: kept)
    let statistics = problem.statistics
    let least = layerLoss(
      original: problem.weight, replaced: removal, under: statistics, damp: 0.01)
    var random = SplitMix64(seed: 5)
    for _ in 0..<50 {
      let nudge = random.floats(removal.weight.count)
      let moved = UnitRemoval(
        kept: kept, weight: zip(removal.weight, nudge).map { $0 + 1e-3 * $1 },
        biasChange: removal.biasChange, loss: .nan)
      #expect(
        layerLoss(original: problem.weight, replaced: moved, under: statistics, damp: 0.01) > least)
    }
  }

  @Test func theBiasRemovesTheMeanError() throws {
    let removal = try problem.refit().refit(kept: [3, 4, 5, 6])
    let mean = problem.mean
    for output in 0..<5 {
      var error = -Double(removal.biasChange[output])
      for column in 0..<24 {
        error += mean[column] * Double(problem.weight[output * 24 + column])
      }
      for (place, column) in removal.kept.enumerated() {
        error -= mean[column] * Double(removal.weight[output * 4 + place])
      }
      // The bias itself is rounded to f32; it is below 16.
      #expect(abs(error) <= 0x1p-20)
    }
  }

  /// Without columns the mean of the consumer's output is the best there is.
  @Test func removingAllLeavesTheMean() throws {
    let removal = try problem.refit().refit(kept: [])
    #expect(removal.kept == [] && removal.weight == [])
    for output in 0..<5 {
      let mean = (0..<24).reduce(0.0) {
        $0 + Double(problem.weight[output * 24 + $1]) * problem.mean[$1]
      }
      // The bias is below 16 and rounded to f32.
      #expect(abs(Double(removal.biasChange[output]) - mean) <= 0x1p-20)
    }
  }

  @Test func removingNothingChangesNothing() throws {
    let refit = try problem.refit()
    for removal in try refit.removals(counts: [0]) + [refit.refit(kept: Array(0..<24))] {
      #expect(removal.weight == problem.weight)
      #expect(removal.biasChange == [0, 0, 0, 0, 0] && removal.loss == 0)
      #expect(removal.kept == Array(0..<24))
    }
    #expect(try refit.removals(counts: []).isEmpty)
  }

  @Test func constantColumnsGoFirstAndTheBiasTakesTheirPlace() throws {
    var problem = problem
    for row in 0..<problem.rows {
      problem.inputs[row * 24 + 6] = 0
      problem.inputs[row * 24 + 17] = -1.5
    }
    let refit = try problem.refit()
    #expect(try refit.elimination(removing: 2).order == [6, 17])
    let removal = try refit.removals(counts: [2])[0]
    #expect(removal.loss == 0)
    for output in 0..<5 {
      for (place, column) in removal.kept.enumerated() {
        #expect(removal.weight[output * 22 + place] == problem.weight[output * 24 + column])
      }
      #expect(
        abs(removal.biasChange[output] + 1.5 * problem.weight[output * 24 + 17]) <= 1e-6)
    }
    // Kept, they keep their weight: another step's inputs may vary there.
    let kept = try refit.refit(kept: [0, 6, 17])
    #expect(kept.weight[1] == problem.weight[6] && kept.weight[2] == problem.weight[17])
  }

  @Test func fewerRowsThanColumnsAreFineWhenDamped() throws {
    let problem = Problem(width: 24, outputs: 5, rows: 10, seed: 3)
    for removal in try problem.refit().removals(counts: [4, 12, 20]) {
      let expected = problem.leastSquares(
        kept: removal.kept, covariance: problem.covariance(damp: 0.01))
      #expect(abs(removal.loss - expected.loss) <= 1e-8 * expected.loss)
    }
  }

  @Test func lossIsTheLayersOwnUnderTheSameStatistics() throws {
    for removal in try problem.refit().removals(counts: [5, 15, 24]) {
      let judged = layerLoss(
        original: problem.weight, replaced: removal, under: problem.statistics, damp: 0.01)
      // At a minimum, weights rounded to f32 err in the second order only.
      #expect(abs(judged - removal.loss) <= 1e-9 * removal.loss)
    }
  }

  @Test func lossOnOtherInputsIsTheirMeanSquaredError() throws {
    let other = Problem(width: 24, outputs: 5, rows: 60, seed: 9)
    let removal = try problem.refit().removals(counts: [10])[0]
    var sum = 0.0
    for row in 0..<other.rows {
      for output in 0..<5 {
        var error = -Double(removal.biasChange[output])
        for column in 0..<24 {
          error += other.input(row, column) * Double(problem.weight[output * 24 + column])
        }
        for (place, column) in removal.kept.enumerated() {
          error -= other.input(row, column) * Double(removal.weight[output * 14 + place])
        }
        sum += error * error
      }
    }
    let expected = sum / Double(other.rows)
    let judged = layerLoss(original: problem.weight, replaced: removal, under: other.statistics)
    #expect(abs(judged - expected) <= 1e-11 * expected)
  }

  @Test func badStatisticsAreNamed() {
    #expect(
      throws: RefitError(reason: .shape(weights: 120, outputs: 5, width: 23))
    ) {
      try SecondOrderRefit(
        weight: problem.weight, outputs: 5, statistics: GramStatistics(width: 23), unitSize: 1)
    }
    #expect(throws: RefitError(reason: .units(width: 24, unitSize: 7))) {
      try problem.refit(unitSize: 7)
    }
    #expect(throws: RefitError(reason: .noRows)) {
      try SecondOrderRefit(
        weight: problem.weight, outputs: 5, statistics: GramStatistics(width: 24), unitSize: 1)
    }
    var broken = problem
    broken.inputs[5] = .nan
    #expect(throws: RefitError(reason: .notFinite("statistics"))) { try broken.refit() }
    broken = problem
    broken.weight[5] = .infinity
    #expect(throws: RefitError(reason: .notFinite("weights"))) { try broken.refit() }
  }

  @Test func withoutDampingSingularInputsAreNamed() throws {
    var problem = problem
    for row in 0..<problem.rows {
      problem.inputs[row * 24 + 1] = problem.inputs[row * 24]
    }
    // Integers keep the singular block exact, so that no rounding makes it definite.
    problem.inputs = problem.inputs.map { ($0 * 8).rounded() }
    let refit = try problem.refit(damp: 0)
    #expect(throws: RefitError(reason: .singular(damp: 0))) { try refit.removals(counts: [3]) }
  }

  @Test func messagesSayWhatToDo() {
    let messages = [
      RefitError(reason: .shape(weights: 120, outputs: 5, width: 23)),
      RefitError(group: "blocks.0.ffn", reason: .units(width: 24, unitSize: 7)),
      RefitError(reason: .noRows),
      RefitError(reason: .notFinite("weights")),
      RefitError(reason: .singular(damp: 0)),
    ]
    #expect(
      messages.map(\.description) == [
        "refit: 120 weights are not 5 outputs of the 23 columns the statistics have; analyse this "
          + "model again",
        "blocks.0.ffn: 24 columns are not whole units of 7; analyse this model again",
        "refit: the statistics hold no calibration rows; analyse with at least one sample",
        "refit: the weights hold values that are not finite; check the checkpoint and its precision",
        "refit: the inputs' covariance is singular at damping 0.0; use more samples or more damping",
      ])
    #expect(messages.allSatisfy { $0.exitStatus == .badData })
  }
}
