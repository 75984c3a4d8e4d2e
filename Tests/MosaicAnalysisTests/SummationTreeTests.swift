import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

@Suite struct SummationTreeTests {
  private func values(_ count: Int) -> [Double] {
    var random = SplitMix64(seed: 5)
    // Of sizes far apart, so that another order shows.
    return random.floats(count).enumerated().map { Double($1) * ($0 % 3 == 0 ? 1e9 : 1) }
  }

  private func total(_ values: [Double]) -> Double? {
    var tree = SummationTree<Double> { $0 += $1 }
    for (leaf, value) in values.enumerated() { tree.append(leaf: leaf, value) }
    return tree.total()
  }

  @Test(arguments: 1...40) func sumsAllLeaves(count: Int) throws {
    let values = values(count)
    let found = try #require(total(values))
    let expected = values.reduce(0, +)
    #expect(abs(found - expected) <= 1e-12 * values.reduce(0) { $0 + abs($1) })
    #expect(total([]) == nil)
  }

  /// The tree by its definition: node (level, index) is the sum of its two children.
  @Test(arguments: [1, 2, 3, 7, 8, 12, 16, 31]) func isTheTreeOfItsDefinition(count: Int) {
    let values = values(count)
    func node(_ level: Int, _ index: Int) -> Double {
      level == 0
        ? values[index] : node(level - 1, 2 * index) + node(level - 1, 2 * index + 1)
    }
    var parts: [Double] = []
    var start = 0
    for level in stride(from: 6, through: 0, by: -1) where start + 1 << level <= count {
      parts.append(node(level, start >> level))
      start += 1 << level
    }
    var expected = parts.removeLast()
    for part in parts.reversed() { expected = part + expected }
    #expect(total(values) == expected)
  }

  /// Runs cut anywhere join to the same bits.
  @Test(arguments: [(12, 1), (12, 2), (12, 3), (12, 7), (13, 5), (64, 7), (64, 64), (5, 9)])
  func joinsHoweverCut(count: Int, shards: Int) {
    let values = values(count)
    var joined = SummationTree<Double> { $0 += $1 }
    for index in 0..<shards {
      let leaves = Shard(index: index, count: shards).leaves(of: count)
      var part = SummationTree<Double> { $0 += $1 }
      for leaf in leaves { part.append(leaf: leaf, values[leaf]) }
      #expect(part.nodes.map(\.node) == SummationNode.nodes(within: leaves))
      for (node, value) in part.nodes { joined.append(node, value) }
    }
    #expect(joined.total() == total(values))
    #expect(joined.nodes.map(\.node) == SummationNode.nodes(within: 0..<count))
  }
}
