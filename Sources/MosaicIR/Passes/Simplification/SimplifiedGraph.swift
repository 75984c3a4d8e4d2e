/// A graph in canonical operations, and its weights.
public struct SimplifiedGraph: Sendable {
  public var graph: Graph
  public var weights: DerivedWeights
}

extension Graph {
  /// The graph with the composed patterns that exporters write replaced by the operations they stand
  /// for: activations, products with their bias, norms, attention, modulation, embeddings. What
  /// depends on weights alone becomes a weight.
  ///
  /// Results change by rounding alone; rows of a table can no longer be counted from its end, which
  /// is refused. Doing it twice changes nothing more.
  ///
  /// - Throws: `PassError`, a bug of the pass that it names.
  public func simplified(weights: any WeightSource) throws(PassError) -> SimplifiedGraph {
    var rewriter = GraphRewriter(weights: weights, rules: canonicalRules)
    var result = self
    try result.run([MergeCommonSubexpressions(), JoinSlices()])
    do throws(GraphError) {
      result = try rewriter.rewrite(result)
    } catch {
      throw PassError(pass: "recognise-patterns", error: error)
    }
    try result.run([MergeCommonSubexpressions(comparing: rewriter.weights)])
    try result.run(canonicalPasses)
    return SimplifiedGraph(graph: result, weights: rewriter.weights)
  }
}

/// In the order in which they are tried.
private let canonicalRules: [GraphRewriter.Rule] =
  movementRules + scaleRules + [recogniseActivation] + linearRules + normalisationRules
  + rotationRules + [recogniseAttention] + embeddingRules + residualRules
