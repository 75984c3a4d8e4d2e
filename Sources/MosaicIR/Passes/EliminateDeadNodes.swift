/// Removes nodes whose results nothing uses.
///
/// Walks backwards once, so a chain of dead nodes goes in one run.
public struct EliminateDeadNodes: Pass {
  public let name = "eliminate-dead-nodes"

  public init() {}

  public func run(on graph: inout Graph) {
    var live = Set(graph.outputs)
    for node in graph.nodes.reversed() where !live.isDisjoint(with: node.outputs) {
      live.formUnion(node.inputs)
    }
    graph.filterNodes { !live.isDisjoint(with: $0.outputs) }
  }
}
