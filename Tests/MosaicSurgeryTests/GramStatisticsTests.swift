import MosaicTestSupport
import Testing

@testable import MosaicSurgery

@Suite struct GramStatisticsTests {
  let problem = Problem(width: 7, outputs: 3, rows: 40, seed: 1)

  @Test func sumsAreThoseOfPlainLoops() {
    let statistics = problem.statistics
    #expect(statistics.rows == 40 && statistics.weight == 40)
    for r in 0..<7 {
      for c in 0...r {
        let expected = (0..<40).reduce(0) { $0 + problem.input($1, r) * problem.input($1, c) }
        // 40 products of values below 10, summed in another order.
        #expect(abs(statistics.gram[r * (r + 1) / 2 + c] - expected) <= 1e-11)
      }
    }
    for (ours, expected) in zip(statistics.mean(), problem.mean) {
      #expect(abs(ours - expected) <= 1e-13)
    }
  }

  @Test func halvesAddToTheWhole() {
    let half = 20 * 7
    var sum = GramStatistics(width: 7, inputs: Array(problem.inputs[..<half]))
    sum.add(GramStatistics(width: 7, inputs: Array(problem.inputs[half...])))
    let whole = problem.statistics
    #expect(sum.rows == 40 && sum.weight == 40)
    #expect(zip(sum.gram, whole.gram).allSatisfy { abs($0 - $1) <= 1e-11 })
    #expect(zip(sum.sum, whole.sum).allSatisfy { abs($0 - $1) <= 1e-12 })
  }

  @Test func weightsScaleSumsAndCancelInTheMean() {
    var weighted = GramStatistics(width: 7)
    weighted.add(problem.statistics, scaledBy: 0.25)
    #expect(weighted.weight == 10 && weighted.rows == 40)
    #expect(weighted.mean() == problem.statistics.mean())
    #expect(weighted.centred(damp: 0.01) == problem.statistics.centred(damp: 0.01))
  }

  @Test(arguments: [0, 0.01, 0.5])
  func centredIsTheDampedCovariance(damp: Double) {
    let ours = problem.statistics.centred(damp: damp)
    let expected = problem.covariance(damp: damp)
    for r in 0..<7 {
      for c in 0..<7 { #expect(abs(ours[r, c] - expected[r][c]) <= 1e-12) }
    }
  }

  @Test func columnsThatNeverVaryAreUncoupled() {
    var problem = problem
    for row in 0..<problem.rows {
      problem.inputs[row * 7 + 2] = 0
      problem.inputs[row * 7 + 5] = 0.3
    }
    let centred = CentredGram(problem.statistics, damp: 0.01)
    #expect(centred.isConstant == [false, false, true, false, false, true, false])
    for constant in [2, 5] {
      for other in 0..<7 {
        let expected: Double = other == constant ? 1 : 0
        #expect(centred.covariance[constant, other] == expected)
        #expect(centred.covariance[other, constant] == expected)
      }
    }
  }

  @Test func noRowsHaveMeanZero() {
    #expect(GramStatistics(width: 3).mean() == [0, 0, 0])
  }
}
