import Testing

@testable import MosaicIR

@Suite struct GraphVerifyTests {
  @Test func acceptsAWholeGraph() throws {
    try smallGraph().verify()
  }

  @Test func findsAValueThatNothingDefines() throws {
    var graph = try smallGraph()
    graph.nodes.remove(at: 1)
    refuses(graph, "node 'second' reads 'act' before anything defines it")
  }

  @Test func findsNodesOutOfOrder() throws {
    var graph = try smallGraph()
    graph.nodes.swapAt(0, 1)
    refuses(graph, "node 'act' reads 'first' before anything defines it")
  }

  @Test func findsAValueDefinedTwice() throws {
    var graph = try smallGraph()
    graph.nodes.insert(graph.nodes[0], at: 1)
    refuses(graph, "node 'first' defines 'first' a second time")
  }

  @Test func findsAnOutputThatNothingDefines() throws {
    var graph = try smallGraph()
    graph.nodes.removeLast()
    refuses(graph, "nothing defines the output 'second'")
  }

  @Test func findsADeclarationThatIsNotWhatOperandsGive() throws {
    var graph = try smallGraph()
    let wider = graph.addWeight("wider", shape: [5, 4])
    graph.nodes[2].inputs[1] = wider
    refuses(graph, "node 'second' declares 'second' as [n, 2] but its operands give [n, 5]")
  }

  @Test func findsOperandsThatDoNotFit() throws {
    var graph = try smallGraph()
    graph.nodes[2].inputs[0] = graph.inputs[0]
    refuses(
      graph,
      "node 'second' (linear): expected x [..., inner], w [outer, inner] and b [outer],"
        + " found [n, 3], [2, 4]")
  }

  @Test func refusesANodeThatDoesNotFit() throws {
    var graph = try smallGraph()
    let error = #expect(throws: GraphError.self) {
      _ = try graph.add(Add(), [graph.inputs[0], graph.outputs[0]], name: "sum")
    }
    #expect(
      error?.description == "node 'sum' (add): expected a, and b of a's shape or of its trailing"
        + " axes, found [n, 3], [n, 2]")
  }

  private func refuses(
    _ graph: Graph, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: GraphError.self, sourceLocation: sourceLocation) {
      try graph.verify()
    }
    #expect(error?.description == message, sourceLocation: sourceLocation)
  }
}
