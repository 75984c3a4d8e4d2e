/// Computes once what several nodes compute alike: the same operation on the same values.
///
/// DiT checkpoints embed the timestep in every block; the sinusoids are the same each time.
public struct MergeCommonSubexpressions: Pass {
  public let name = "merge-common-subexpressions"
  private let weights: DerivedWeights?

  public init() { weights = nil }

  /// - Parameter weights: With them, an embedding of what a sample has one row of is also computed
  ///   once where it is stored several times: by the weights' elements, not by their names.
  init(comparing weights: DerivedWeights) { self.weights = weights }

  private struct Key: Hashable {
    var name: String
    /// Nil for a weight that is compared by its elements.
    var inputs: [ValueID?]
  }

  public func run(on graph: inout Graph) {
    var replacements: [ValueID: ValueID] = [:]
    var seen: [Key: [Graph.Node]] = [:]
    for node in graph.nodes {
      var node = node
      node.inputs = node.inputs.map { replacements[$0] ?? $0 }
      let isCompared = weights != nil && isEmbedding(node, in: graph)
      let key = Key(
        name: node.operation.name,
        inputs: node.inputs.map { isCompared && graph[$0].origin == .weight ? nil : $0 })
      let earlier = seen[key, default: []].first {
        $0.operation.isEqual(to: node.operation) && haveSameInputs($0, node, in: graph)
      }
      if let earlier {
        for (mine, theirs) in zip(node.outputs, earlier.outputs) { replacements[mine] = theirs }
      } else {
        seen[key, default: []].append(node)
      }
    }
    graph.replaceUses(replacements)
    graph.filterNodes { node in node.outputs.allSatisfy { replacements[$0] == nil } }
  }

  /// A product on at most one row a sample.
  private func isEmbedding(_ node: Graph.Node, in graph: Graph) -> Bool {
    node.operation is Linear && graph[node.inputs[0]].type.rank <= 2
  }

  private func haveSameInputs(_ a: Graph.Node, _ b: Graph.Node, in graph: Graph) -> Bool {
    zip(a.inputs, b.inputs).allSatisfy { first, second in
      if first == second { return true }
      guard let weights, graph[first].type == graph[second].type else { return false }
      return weights.areEqual(graph[first].name, graph[second].name)
    }
  }
}
