/// Sums over numbered leaves in an order that does not depend on who adds which of them.
///
/// Floating-point sums depend on their order, so it is fixed: a binary tree over leaf numbers, node
/// (level, index) being the sum of leaves index · 2^level up to the next node's. A run over some
/// leaves holds the largest whole nodes within them; runs that cover all leaves without overlap
/// join to the same tree, however they were cut and in whatever order they arrive.
struct SummationTree<Value> {
  /// Largest whole nodes, by their leaves.
  private(set) var nodes: [(node: SummationNode, value: Value)] = []
  private let add: (inout Value, Value) -> Void

  init(adding add: @escaping (inout Value, Value) -> Void) { self.add = add }

  mutating func append(leaf: Int, _ value: Value) {
    append(SummationNode(level: 0, index: leaf), value)
  }

  /// Adds the node that comes after those there are.
  ///
  /// - Precondition: Its leaves begin at or behind the end of the last one's.
  mutating func append(_ node: SummationNode, _ value: Value) {
    precondition(node.leaves.lowerBound >= nodes.last?.node.leaves.upperBound ?? 0)
    nodes.append((node, value))
    while nodes.count >= 2 {
      let (left, right) = (nodes[nodes.count - 2].node, nodes[nodes.count - 1].node)
      guard let parent = left.parent, left.level == right.level, right.index == left.index + 1
      else { return }
      let last = nodes.removeLast().value
      add(&nodes[nodes.count - 1].value, last)
      nodes[nodes.count - 1].node = parent
    }
  }

  /// The sum of all nodes, the smallest ones first; nil where there are none.
  func total() -> Value? {
    guard var sum = nodes.last?.value else { return nil }
    for (_, value) in nodes.dropLast().reversed() {
      var next = value
      add(&next, sum)
      sum = next
    }
    return sum
  }
}

/// The sum of leaves index · 2^level up to the next node's.
struct SummationNode: Hashable, Sendable {
  var level: Int
  var index: Int

  var leaves: Range<Int> { index << level..<(index + 1) << level }

  /// The node that this and its right neighbour make, if this is a left one.
  var parent: SummationNode? {
    index.isMultiple(of: 2) ? SummationNode(level: level + 1, index: index / 2) : nil
  }

  /// The largest whole nodes within a run of leaves, in order.
  static func nodes(within leaves: Range<Int>) -> [SummationNode] {
    var tree = SummationTree<Void> { _, _ in }
    for leaf in leaves { tree.append(leaf: leaf, ()) }
    return tree.nodes.map(\.node)
  }
}
