import MosaicTestSupport
import Testing

@testable import MosaicSurgery

@Suite struct EliminationTests {
  /// The panel of pending downdates is 64 rows: 150 columns pass it twice.
  @Test(arguments: [(24, 23), (24, 24), (150, 150)])
  func lossCurveIsTheTrueErrorOfColumns(width: Int, count: Int) throws {
    let problem = Problem(width: width, outputs: 4, rows: 4 * width, seed: 11)
    let covariance = problem.covariance(damp: 0.01)
    let refit = try problem.refit()
    let elimination = try refit.elimination(removing: count)
    #expect(elimination.lossCurve.count == count + 1 && elimination.lossCurve[0] == 0)
    #expect(Set(elimination.order).count == count)
    for removed in [1, 5, 16, 17, count / 2, count] {
      let kept = elimination.kept(removing: removed)
      let expected = problem.leastSquares(kept: kept, covariance: covariance).loss
      #expect(abs(elimination.lossCurve[removed] - expected) <= 1e-8 * expected)
      #expect(abs(try refit.refit(kept: kept).loss - expected) <= 1e-8 * expected)
    }
  }

  @Test(arguments: [2, 3, 8])
  func lossCurveIsTheTrueErrorOfBlocks(unitSize: Int) throws {
    let problem = Problem(width: 24, outputs: 4, rows: 100, seed: 12)
    let covariance = problem.covariance(damp: 0.01)
    let elimination = try problem.refit(unitSize: unitSize)
      .elimination(removing: 24 / unitSize)
    for removed in 1..<elimination.lossCurve.count {
      let columns = columnsOfUnits(elimination.kept(removing: removed), unitSize: unitSize)
      let expected = problem.leastSquares(kept: columns, covariance: covariance).loss
      #expect(abs(elimination.lossCurve[removed] - expected) <= 1e-8 * expected)
    }
  }

  @Test func eachHeadRemovedIsTheBestOfAllLeft() throws {
    let problem = Problem(width: 32, outputs: 6, rows: 200, seed: 13)
    let covariance = problem.covariance(damp: 0.01)
    let elimination = try problem.refit(unitSize: 4).elimination(removing: 7)
    for removed in 0..<7 {
      let left = elimination.kept(removing: removed)
      let losses = left.map { unit in
        problem.leastSquares(
          kept: columnsOfUnits(left.filter { $0 != unit }, unitSize: 4), covariance: covariance
        ).loss
      }
      let best = losses.indices.min { losses[$0] < losses[$1] }
      #expect(best.map { left[$0] } == elimination.order[removed])
    }
  }

  @Test func downdatedInverseIsThatOfTheColumnsLeft() throws {
    let problem = Problem(width: 100, outputs: 3, rows: 300, seed: 14)
    let covariance = problem.covariance(damp: 0.01)
    let inverse = identityColumns(100).map { solve(covariance, $0) }
    var remaining = RemainingColumns(
      weights: .init(rows: 100, columns: 3, elements: problem.weight.map(Double.init)),
      inverse: .init(rows: 100, columns: 100, elements: inverse.flatMap { $0 }), unitSize: 1)
    // 80 removals apply the panel once and leave 16 rows pending.
    for _ in 0..<5 { _ = try remaining.remove(try remaining.cheapest(16)) }
    let ours = remaining.currentInverse()
    let kept = remaining.units
    #expect(kept.count == 20 && ours.rows == 20)
    let block = kept.map { row in kept.map { covariance[row][$0] } }
    for (row, unit) in identityColumns(20).enumerated() {
      let expected = solve(block, unit)
      let largest = expected.reduce(0) { max($0, abs($1)) }
      for column in 0...row {
        #expect(abs(ours[row, column] - expected[column]) <= 1e-9 * largest)
      }
    }
  }

  @Test(arguments: [(1, [3, 16, 21, 40, 63]), (8, [1, 4, 7])])
  func snapshotsEqualSeparateRuns(unitSize: Int, counts: [Int]) throws {
    let problem = Problem(width: 64, outputs: 6, rows: 200, seed: 15)
    let refit = try problem.refit(unitSize: unitSize)
    let together = try refit.removals(counts: counts)
    #expect(together == (try counts.flatMap { try refit.removals(counts: [$0]) }))
    #expect(together == (try problem.refit(unitSize: unitSize).removals(counts: counts)))
    #expect(zip(together, counts).allSatisfy { $0.kept.count == 64 / unitSize - $1 })
  }

  @Test(arguments: [4, 16, 32])
  func greedyBeatsMagnitudeAndRandom(count: Int) throws {
    let problem = Problem(width: 48, outputs: 12, rows: 400, seed: 16)
    let refit = try problem.refit()
    let greedy = try refit.removals(counts: [count])[0].loss
    let magnitude = magnitudeImportance(
      consumer: problem.weight, outputs: 12, unitSize: 1, producers: [])
    var others = [unitsKept(importance: magnitude, removing: count)]
    for seed in 0..<20 as Range<UInt64> {
      others.append(
        unitsKept(importance: randomImportance(units: 48, seed: seed), removing: count))
    }
    for kept in others {
      // Refitted too, so that only the choice of units differs.
      #expect(greedy <= (try refit.refit(kept: kept).loss))
      let plain = removalWithoutRefit(
        of: problem.weight, outputs: 12, unitSize: 1, kept: kept)
      #expect(
        greedy
          < layerLoss(
            original: problem.weight, replaced: plain, under: problem.statistics, damp: 0.01))
    }
  }

  @Test func greedyIsNearTheBestOfAllSubsets() throws {
    let problem = Problem(width: 12, outputs: 4, rows: 100, seed: 17)
    let refit = try problem.refit(unitSize: 2)
    let greedy = try refit.removals(counts: [3])[0].loss
    let best = try combinations(6, 3).map { try refit.refit(kept: $0).loss }.min() ?? 0
    #expect(greedy >= best && greedy <= 1.25 * best)
  }

  private func identityColumns(_ size: Int) -> [[Double]] {
    (0..<size).map { row in (0..<size).map { $0 == row ? 1 : 0 } }
  }
}
