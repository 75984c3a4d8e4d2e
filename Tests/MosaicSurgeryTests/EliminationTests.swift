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
    for _ in 0..<5 {
      let cheapest = try remaining.unitCosts().sorted { $0.cost < $1.cost }.prefix(16).map(\.unit)
      _ = try remaining.remove(remaining.slots(of: cheapest))
    }
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

  /// Two consumers, and columns of the second that are no units: each removal is the best by the sum
  /// of both losses.
  @Test func eachUnitRemovedIsTheBestForAllConsumers() throws {
    let (first, second) = (
      Problem(width: 12, outputs: 3, rows: 100, seed: 21),
      Problem(width: 20, outputs: 4, rows: 100, seed: 22)
    )
    let covariances = [first, second].map { $0.covariance(damp: 0.01) }
    let places = [UnitPlaces(block: 2), UnitPlaces(starts: [1, 14], block: 1)]
    func loss(without units: [Int]) -> Double {
      zip([first, second], zip(covariances, places)).reduce(0) { sum, pair in
        let gone = pair.1.1.elements(of: units)
        let kept = (0..<pair.0.width).filter { !gone.contains($0) }
        return sum + pair.0.leastSquares(kept: kept, covariance: pair.1.0).loss
      }
    }
    let refits = [try first.refit(), try second.refit()]
    let elimination = try Elimination(
      of: 5, among: 6, takenUpBy: Array(zip(refits, places)).map { (refit: $0.0, places: $0.1) })
    // Units of one and of two columns: the first consumer's blocks make them go one at a time.
    for count in 1...5 {
      let gone = Array(elimination.order[..<(count - 1)])
      let best = (0..<6).filter { !gone.contains($0) }
        .min { loss(without: gone + [$0]) < loss(without: gone + [$1]) }
      #expect(best == elimination.order[count - 1])
      let expected = loss(without: Array(elimination.order[..<count]))
      #expect(abs(elimination.lossCurve[count] - expected) <= 1e-8 * expected)
    }
    let lost = places[1].elements(of: elimination.order[..<3].sorted()).sorted()
    let kept = (0..<20).filter { !lost.contains($0) }
    let refit = try refits[1].refit(removing: lost)
    let expected = second.leastSquares(kept: kept, covariance: covariances[1])
    #expect(abs(refit.loss - expected.loss) <= 1e-8 * expected.loss)
    for (value, wanted) in zip(refit.weight, expected.weight.flatMap { $0 }) {
      #expect(abs(Double(value) - wanted) <= 1e-5 * max(1, abs(wanted)))
    }
  }

  /// Each round takes one unit from each run.
  @Test(arguments: [1, 9]) func roundsTakeFromEveryRun(unitSize: Int) throws {
    let problem = Problem(width: 12 * unitSize, outputs: 4, rows: 300, seed: 23)
    let elimination = try Elimination(
      of: 9, among: 12,
      takenUpBy: [(refit: problem.refit(), places: UnitPlaces(block: unitSize))], balance: 3)
    for count in [3, 6, 9] {
      let runs = elimination.order[..<count].map { $0 / 4 }
      #expect((0..<3).allSatisfy { run in runs.count { $0 == run } == count / 3 })
    }
    let covariance = problem.covariance(damp: 0.01)
    let kept = UnitPlaces(block: unitSize).elements(of: elimination.kept(removing: 6))
    let expected = problem.leastSquares(kept: kept, covariance: covariance).loss
    #expect(abs(elimination.lossCurve[6] - expected) <= 1e-8 * expected)
    #expect(
      [3, 1, 2, 9, 7, 8].map(Double.init).unitsKept(removing: 2, balance: 2) == [0, 2, 3, 5])
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
