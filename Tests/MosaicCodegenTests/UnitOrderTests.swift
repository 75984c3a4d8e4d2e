import MosaicTestSupport
import Testing

@testable import MosaicCodegen

@Suite struct UnitOrderTests {
  /// Runs of a bit along masks, counted where they begin.
  private func runs(_ bit: Int, _ masks: [UInt64]) -> Int {
    zip([0] + masks, masks).count { $0 >> bit & 1 == 0 && $1 >> bit & 1 == 1 }
  }

  private func fewestRuns(_ masks: [UInt64], _ variants: Int) -> Int {
    var best = Int.max
    func extend(_ path: [UInt64], _ rest: [UInt64]) {
      if rest.isEmpty {
        best = min(best, (0..<variants).reduce(0) { $0 + runs($1, path) })
      }
      for mask in rest { extend(path + [mask], rest.filter { $0 != mask }) }
    }
    extend([], masks)
    return best
  }

  /// Every choice of sets among three variants: a descent ends at most one run above the fewest.
  @Test func nearlyFewestRunsOfThreeVariants() {
    for choice in 1..<128 {
      let masks = (1..<8).filter { choice >> ($0 - 1) & 1 == 1 }.map(UInt64.init)
      let order = MembershipOrder(of: Set(masks))
      #expect(order.masks.sorted() == masks)
      let counts = (0..<3).map { runs($0, order.masks) }
      #expect(counts.reduce(0, +) <= fewestRuns(masks, 3) + 1, "\(masks)")
      #expect(counts.allSatisfy { $0 <= 2 })
      #expect(order.runs + Array(repeating: 0, count: 3 - order.runs.count) == counts)
    }
  }

  @Test(arguments: 1...5) func atMostFourRunsUpToFiveVariants(variants: Int) {
    let all = (0..<UInt64(1) << UInt64(variants))
    #expect(MembershipOrder(of: Set(all)).runs.allSatisfy { $0 <= 4 })
    var random = SplitMix64(seed: UInt64(variants))
    for _ in 0..<200 {
      let pattern = random.next()
      let masks = Set(all.filter { pattern >> $0 & 1 == 1 })
      let order = MembershipOrder(of: masks)
      #expect(Set(order.masks) == masks.subtracting([0]))
      #expect((0..<variants).allSatisfy { runs($0, order.masks) <= 4 })
    }
  }

  /// 63 masks take 64 steps at least, half of which begin a run: no order of six variants has
  /// fewer than 32 runs in all. Runs beyond the limit count more, so a few more are found.
  @Test func sixVariants() {
    let runs = MembershipOrder(of: Set(0..<64)).runs
    #expect(runs.reduce(0, +) <= 34)
  }

  @Test func unitsFollowTheirSets() {
    let kept = [[0, 2, 3, 6], [1, 2, 6], [2, 5]]
    let order = UnitOrder(unitCount: 8, kept: kept)
    #expect(order.units.sorted() == Array(0..<8))
    #expect(order.usedCount == 6)
    #expect(Array(order.units[6...]) == [4, 7])
    for units in kept {
      let places = order.units.indices.filter { units.contains(order.units[$0]) }
      let breaks = zip(places, places.dropFirst()).count { $1 != $0 + 1 }
      #expect(breaks < 4)
    }
    // Units of one set keep their order.
    let alike = order.units.filter { [0, 3].contains($0) }
    #expect(alike == [0, 3])
  }

  /// Elements of a DiT-XL/2 block against three variants of 0.5, 0.2 and 0.5 whose units have
  /// nothing to do with each other, which is the worst case.
  @Test func shareOfDiTXL() {
    let width = 1152
    var random = SplitMix64(seed: 5)
    var dense = 6 * width * width
    var stored = dense
    // Heads with q, k and v, then neurons; the consumer has a row for each channel.
    for (units, unitSize, producers) in [(16, 72, 3), (4 * width, 1, 1)] {
      let kept = [0.5, 0.2, 0.5].map { sparsity in
        let importance = (0..<units).map { _ in random.next() }
        let order = importance.indices.sorted { importance[$0] < importance[$1] }
        return order[Int((sparsity * Double(units)).rounded())...].sorted()
      }
      let order = UnitOrder(unitCount: units, kept: kept)
      for own in kept {
        let places = order.units.indices.filter { own.contains(order.units[$0]) }
        #expect(zip(places, places.dropFirst()).count { $1 != $0 + 1 } < 4)
      }
      let unit = unitSize * width
      dense += (producers + 1) * units * unit
      stored += producers * order.usedCount * unit
      stored += kept.reduce(0) { $0 + $1.count } * unit
    }
    let ratio = Double(stored) / Double(dense)
    #expect(ratio <= 1.25)
    #expect(ratio > 1.1)
  }

  @Test func wholeGroupsStayAsTheyAre() {
    let order = UnitOrder(unitCount: 5, kept: [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]])
    #expect(order.isIdentity)
    #expect(order.usedCount == 5)
    // More variants than a mask has bits: nothing moves and nothing is left out.
    let many = UnitOrder(unitCount: 3, kept: Array(repeating: [1], count: 65))
    #expect(many.isIdentity)
    #expect(many.usedCount == 3)
  }
}
