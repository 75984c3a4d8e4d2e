/// Computes once what several nodes compute alike: the same operation on the same values.
///
/// DiT checkpoints embed the timestep in every block; the sinusoids are the same each time.
public struct MergeCommonSubexpressions: Pass {
  public let name = "merge-common-subexpressions"

  public init() {}

  private struct Key: Hashable {
    var name: String
    var inputs: [ValueID]
  }

  public func run(on graph: inout Graph) {
    var replacements: [ValueID: ValueID] = [:]
    var seen: [Key: [Graph.Node]] = [:]
    for node in graph.nodes {
      var node = node
      node.inputs = node.inputs.map { replacements[$0] ?? $0 }
      let key = Key(name: node.operation.name, inputs: node.inputs)
      let earlier = seen[key, default: []].first { $0.operation.isEqual(to: node.operation) }
      if let earlier {
        for (mine, theirs) in zip(node.outputs, earlier.outputs) { replacements[mine] = theirs }
      } else {
        seen[key, default: []].append(node)
      }
    }
    graph.replaceUses(replacements)
    graph.filterNodes { node in node.outputs.allSatisfy { replacements[$0] == nil } }
  }
}
