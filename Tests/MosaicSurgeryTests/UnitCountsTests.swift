import MosaicIR
import MosaicTestSupport
import Testing

@testable import MosaicSurgery

/// How many units each group gives for a share of the multiply-accumulates.
@Suite struct UnitCountsTests {
  private func groups(_ units: [(count: Int, macs: Int)]) -> [PruningGroup] {
    var graph = Graph()
    return units.enumerated().map { index, unit in
      let weight = graph.addWeight("\(index)", shape: [1, unit.count])
      return PruningGroup(
        name: "\(index)", kind: .neurons, unitCount: unit.count, rows: [],
        consumptions: [
          PruningGroup.Consumption(
            consumer: GroupConsumer(
              name: "\(index)", weight: weight, bias: nil, columns: unit.count),
            places: UnitPlaces(block: 1))
        ], axes: [], macsPerUnit: unit.macs)
    }
  }

  /// Losses that rise ever faster, as second-order curves mostly do.
  private func convexCurve(_ count: Int, _ random: inout SplitMix64) -> [Double] {
    var slopes = (1..<count).map { _ in Double.random(in: 0...1, using: &random) }
    slopes.sort()
    return slopes.reduce(into: [0.0]) { curve, slope in
      curve.append((curve.last ?? 0) + slope)
    }
  }

  private func saved(_ counts: [Int], _ groups: [PruningGroup]) -> Int {
    zip(counts, groups).reduce(0) { $0 + $1.0 * $1.1.macsPerUnit }
  }

  private func loss(_ counts: [Int], _ losses: [[Double]]) -> Double {
    zip(counts, losses).reduce(0) { $0 + $1.1[$1.0] }
  }

  /// The least loss of all counts that save `target`.
  private func bruteForce(_ groups: [PruningGroup], _ losses: [[Double]], target: Int) -> Double {
    var all: [[Int]] = [[]]
    for group in groups {
      all = all.flatMap { counts in (0..<group.unitCount).map { counts + [$0] } }
    }
    return all.filter { saved($0, groups) >= target }.map { loss($0, losses) }.min() ?? .infinity
  }

  private let sparsities = stride(from: 0.0, through: 0.75, by: 0.05)

  @Test(arguments: 0..<8)
  func spreadsAtTheLeastLossWhereUnitsCostAlike(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let groups = groups([(5, 7), (4, 7), (6, 7)])
    let losses = groups.map { convexCurve($0.unitCount, &random) }
    for sparsity in sparsities {
      let counts = spreadRemovals(of: groups, losses: losses, sparsity: sparsity)
      let target = Int((sparsity * 105).rounded(.up))
      #expect(saved(counts, groups) >= target)
      // Sums in another order.
      #expect(abs(loss(counts, losses) - bruteForce(groups, losses, target: target)) <= 1e-12)
    }
  }

  /// With units of unlike cost the greedy walk may pass the target by part of a coarse unit, but it
  /// loses no more than the best counts that save a coarse unit more.
  @Test(arguments: 0..<8)
  func spreadsNearTheLeastLossWhereUnitsDiffer(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let groups = groups([(4, 40), (9, 3), (9, 3)])
    let losses = groups.map { convexCurve($0.unitCount, &random) }
    let whole = saved(groups.map(\.unitCount), groups)
    for sparsity in sparsities {
      let counts = spreadRemovals(of: groups, losses: losses, sparsity: sparsity)
      let target = Int((sparsity * Double(whole)).rounded(.up))
      #expect(zip(counts, groups).allSatisfy { (0..<$1.unitCount).contains($0) })
      #expect(saved(counts, groups) >= min(target, saved(groups.map { $0.unitCount - 1 }, groups)))
      #expect(
        loss(counts, losses) <= bruteForce(groups, losses, target: target + 40) + 1e-12)
    }
  }

  @Test func keepsTheBudgetAndRises() {
    var random = SplitMix64(seed: 3)
    let groups = groups([(8, 500), (1024, 8), (8, 500), (1024, 8)])
    let losses = groups.map { convexCurve($0.unitCount, &random) }
    let whole = Double(saved(groups.map(\.unitCount), groups))
    var before = (uniform: 0, spread: 0)
    for sparsity in stride(from: 0.0, through: 0.85, by: 0.01) {
      let uniform = uniformRemovals(of: groups, sparsity: sparsity)
      let spread = spreadRemovals(of: groups, losses: losses, sparsity: sparsity)
      for counts in [uniform, spread] {
        // Met, and by less than one of the finest units, unless none of those is gone.
        let excess = Double(saved(counts, groups)) - sparsity * whole
        let isCoarse = counts[1] == 0 && counts[3] == 0
        #expect(excess >= -1e-9 && excess < (isCoarse ? 500 : 8))
        #expect(zip(counts, groups).allSatisfy { (0..<$1.unitCount).contains($0) })
      }
      #expect(saved(uniform, groups) >= before.uniform)
      #expect(saved(spread, groups) >= before.spread)
      before = (saved(uniform, groups), saved(spread, groups))
    }
  }

  @Test func removesAlikeFromAll() {
    let groups = groups([(8, 640), (100, 8), (8, 640), (100, 8)])
    let counts = uniformRemovals(of: groups, sparsity: 0.5)
    #expect(counts == [4, 50, 4, 50])
    #expect(uniformRemovals(of: groups, sparsity: 0) == [0, 0, 0, 0])
  }

  /// Where a curve has a point for it, the hull decides whether a sub-layer goes whole.
  @Test func removesSubLayersWhereThatIsCheap() {
    let groups = groups([(4, 40), (16, 10)])
    let rising: [Double] = (0..<16).map { Double($0 * $0) }
    let flat = [0.0, 1, 2, 3, 4]
    #expect(spreadRemovals(of: groups, losses: [flat, rising], sparsity: 0.5) == [4, 0])
    let steep = [0.0, 1, 2, 3, 1000]
    #expect(spreadRemovals(of: groups, losses: [steep, rising], sparsity: 0.5) == [3, 4])
    // All of it, and no unit that a curve does not name.
    #expect(spreadRemovals(of: groups, losses: [flat, rising], sparsity: 1) == [4, 15])
    #expect(uniformRemovals(of: groups, sparsity: 1) == [3, 15])
  }

  /// Rounding gives units back, but not to sub-layers that are gone.
  @Test func givesNothingBackToWhatIsGone() {
    let groups = groups([(2, 100), (8, 10), (8, 10)])
    let counts = spreadRemovals(
      of: groups,
      losses: [[0, 10, 20], (0...8).map { Double($0) * 1e-3 }, (0..<8).map { Double($0) * 10 }],
      sparsity: 0.45)
    // 162 are asked for: the second group whole, and one coarse unit, 18 too much.
    #expect(counts == [1, 8, 0])
  }

  @Test func leavesOneUnit() {
    let groups = groups([(4, 10), (16, 1)])
    #expect(uniformRemovals(of: groups, sparsity: 1) == [3, 15])
    #expect(
      spreadRemovals(
        of: groups, losses: [[0, 1, 2, 3], (0..<16).map(Double.init)], sparsity: 1) == [3, 15])
    #expect(groups[0].removalCount(at: 0.5) == 2)
    #expect(groups[0].removalCount(at: 2) == 3)
    #expect(groups[0].removalCount(at: -1) == 0)
  }

  /// Groups under a norm give as many units of every run, however the budget falls.
  @Test(arguments: [0.1, 0.37, 0.5, 0.8]) func balancedGroupsGiveWholeRounds(sparsity: Double) {
    var groups = groups([(32, 40), (64, 25), (12, 90)])
    groups[0].balance = 8
    groups[1].balance = 4
    var random = SplitMix64(seed: 5)
    let losses = groups.map { convexCurve($0.unitCount - $0.balance + 1, &random) }
    let whole = groups.reduce(0) { $0 + $1.unitCount * $1.macsPerUnit }
    for counts in [
      uniformRemovals(of: groups, sparsity: sparsity),
      spreadRemovals(of: groups, losses: losses, sparsity: sparsity),
    ] {
      for (count, group) in zip(counts, groups) {
        #expect(count.isMultiple(of: group.balance) && count <= group.unitCount - group.balance)
      }
      // The finest step, a unit of the third group, makes up for the others' rounding.
      let saved = saved(counts, groups)
      #expect(Double(saved) >= sparsity * Double(whole) - 320)
      #expect(Double(saved) <= sparsity * Double(whole) + 320)
    }
  }
}
