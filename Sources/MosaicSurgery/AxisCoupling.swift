internal import MosaicIR

/// One axis of one value.
struct AxisSlot: Hashable {
  var value: ValueID
  var axis: Int
}

/// The axes of a graph's values, joined where the operations say that they move together.
///
/// Knows operations only by their axis rules, and no model by its name.
struct AxisCoupling {
  /// Axes that gain and lose units together.
  struct Class {
    var slots: [AxisSlot] = []
    /// Weights whose rows make the axis, and the biases beside them.
    var producers: [AxisSlot] = []
    /// Weights whose columns sum it away, with the node that does.
    var consumers: [(weight: AxisSlot, node: Int)] = []
    var block = 1
    /// Why the axis must keep its extent; nil where it may be pruned.
    var pin: String?
  }

  private(set) var classes: [Class] = []
  private var parents: [AxisSlot: AxisSlot] = [:]

  init(_ graph: Graph) {
    for node in graph.nodes { join(rules(of: node, in: graph), node, graph) }
    classes = collect(graph)
  }

  private func rules(of node: Graph.Node, in graph: Graph) -> [AxisRule] {
    node.operation.axisRules(
      for: node.inputs.map { graph[$0].type }, outputs: node.outputs.map { graph[$0].type })
  }

  private static func slot(_ axis: AxisRule.Axis, of node: Graph.Node) -> AxisSlot {
    switch axis {
    case .input(let index, let axis): AxisSlot(value: node.inputs[index], axis: axis)
    case .output(let index, let axis): AxisSlot(value: node.outputs[index], axis: axis)
    }
  }

  private mutating func join(_ rules: [AxisRule], _ node: Graph.Node, _ graph: Graph) {
    for rule in rules {
      let slots = rule.axes.map { Self.slot($0, of: node) }
      guard let first = slots.first else { continue }
      for slot in slots.dropFirst() { unite(first, slot) }
    }
  }

  private mutating func root(_ slot: AxisSlot) -> AxisSlot {
    var top = slot
    while let parent = parents[top], parent != top { top = parent }
    var walk = slot
    while walk != top {
      let next = parents[walk] ?? top
      parents[walk] = top
      walk = next
    }
    return top
  }

  private mutating func unite(_ a: AxisSlot, _ b: AxisSlot) {
    let (first, second) = (root(a), root(b))
    if first != second { parents[second] = first }
  }

  /// Classes in the order in which the graph first touches them.
  private mutating func collect(_ graph: Graph) -> [Class] {
    var index: [AxisSlot: Int] = [:]
    var found: [Class] = []
    var members: [Set<AxisSlot>] = []
    func place(_ top: AxisSlot) -> Int {
      if let known = index[top] { return known }
      index[top] = found.count
      found.append(Class())
      members.append([])
      return found.count - 1
    }
    for (number, node) in graph.nodes.enumerated() {
      for rule in rules(of: node, in: graph) {
        guard let first = rule.axes.first else { continue }
        let at = place(root(Self.slot(first, of: node)))
        for axis in rule.axes {
          let slot = Self.slot(axis, of: node)
          if members[at].insert(slot).inserted { found[at].slots.append(slot) }
          guard graph[slot.value].origin == .weight else { continue }
          switch rule.role {
          case .produces: found[at].producers.append(slot)
          case .contracts: found[at].consumers.append((slot, number))
          case .passes, .pinned: break
          }
        }
        found[at].block = max(found[at].block, rule.block)
        if case .pinned(let reason) = rule.role { found[at].pin = found[at].pin ?? reason }
      }
    }
    let ends = [(graph.inputs, "an input of the network"), (graph.outputs, "its output")]
    for (values, reason) in ends {
      for value in values {
        for axis in 0..<graph[value].type.rank {
          guard let at = index[root(AxisSlot(value: value, axis: axis))] else { continue }
          found[at].pin = found[at].pin ?? reason
        }
      }
    }
    return found
  }
}
