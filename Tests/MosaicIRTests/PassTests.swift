import Testing

@testable import MosaicIR

@Suite struct PassTests {
  /// Two embeddings of one input, of which one is read twice, and a chain that nothing reads.
  private func wastefulGraph() throws -> Graph {
    var graph = try smallGraph()
    let output = graph.outputs[0]
    let again = try graph.add(Activate(.silu), [graph.nodes[0].outputs[0]], name: "act.again")
    let other = try graph.add(Activate(.geluErf), [graph.nodes[0].outputs[0]], name: "gelu")
    let weight = graph.addWeight("second.weight", shape: [2, 4])
    let repeated = try graph.add(Linear(), [again[0], weight], name: "second.again")
    _ = try graph.add(Add(), [other[0], again[0]], name: "unread")
    graph.outputs = try graph.add(Add(), [output, repeated[0]], name: "sum")
    return graph
  }

  @Test func mergesWhatIsComputedTwice() throws {
    var graph = try wastefulGraph()
    MergeCommonSubexpressions().run(on: &graph)
    // The second product is merged once its operand is.
    #expect(graph.nodes.map(\.name) == ["first", "act", "second", "gelu", "unread", "sum"])
    #expect(graph.nodes[5].inputs == [graph.nodes[2].outputs[0], graph.nodes[2].outputs[0]])
    try graph.verify()
  }

  @Test func mergesIntoTheOutput() throws {
    var graph = try smallGraph()
    let second = graph.nodes[2]
    graph.outputs += try graph.add(Linear(), second.inputs, name: "second.again")
    MergeCommonSubexpressions().run(on: &graph)
    #expect(graph.outputs == second.outputs + second.outputs)
    #expect(graph.nodes.count == 3)
  }

  @Test func eliminatesAChainOfDeadNodes() throws {
    var graph = try wastefulGraph()
    EliminateDeadNodes().run(on: &graph)
    #expect(
      graph.nodes.map(\.name) == ["first", "act", "second", "act.again", "second.again", "sum"])
    try graph.verify()
  }

  @Test func keepsANodeOfWhichOneResultIsRead() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 6]))
    graph.outputs = [try graph.add(Split(parts: 3), [x], name: "split")[1]]
    EliminateDeadNodes().run(on: &graph)
    #expect(graph.nodes.map(\.name) == ["split"])
  }

  /// A stream with two branches whose products have no columns, one gated and one not.
  private func emptyBranches(biases: Bool) throws -> Graph {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 2, 3]))
    let gate = graph.addInput("gate", TensorType([.batch, 3]))
    func branch(_ x: ValueID, _ name: String) throws -> ValueID {
      let up = graph.addWeight("\(name).up.weight", shape: [0, 3])
      let hidden = try graph.add(Linear(), [x, up], name: "\(name).up")
      let down = graph.addWeight("\(name).down.weight", shape: [3, 0])
      let bias = graph.addWeight("\(name).down.bias", shape: [3])
      return try graph.add(
        Linear(), [hidden[0], down] + (biases ? [bias] : []), name: "\(name).down")[0]
    }
    let gated = try graph.add(Gate(), [branch(x, "a"), gate], name: "a.gate")
    let middle = try graph.add(Add(), [x, gated[0]], name: "a.sum")
    let end = try graph.add(Add(), [branch(middle[0], "b"), middle[0]], name: "b.sum")
    graph.outputs = try graph.add(Activate(.silu), end, name: "act")
    return graph
  }

  @Test func replacesEmptyProductsByTheirBias() throws {
    var graph = try emptyBranches(biases: true)
    try graph.run([ReplaceEmptyProducts(), EliminateDeadNodes()])
    #expect(
      graph.description == """
        graph 0 MACs a sample, 6 parameters
          input %x: [n, 2, 3]
          input %gate: [n, 3]
          %a.sum: [n, 2, 3] = add-row(%x, @a.down.bias [3], %gate)
          %b.sum: [n, 2, 3] = add-row(%a.sum, @b.down.bias [3])
          %act: [n, 2, 3] = activate(%b.sum) {function = silu}
          output %act
        """)
  }

  @Test func removesEmptyProductsWithoutABias() throws {
    var graph = try emptyBranches(biases: false)
    try graph.run([ReplaceEmptyProducts(), EliminateDeadNodes()])
    #expect(graph.nodes.map(\.name) == ["act"])
    #expect(graph.nodes[0].inputs == [graph.inputs[0]])
  }

  @Test func replacesNothingTheSecondTime() throws {
    for biases in [true, false] {
      var graph = try emptyBranches(biases: biases)
      ReplaceEmptyProducts().run(on: &graph)
      let once = graph.description
      ReplaceEmptyProducts().run(on: &graph)
      #expect(graph.description == once)
    }
  }

  @Test(arguments: canonicalPasses.map { NamedPass(pass: $0) })
  func changesNothingTheSecondTime(named: NamedPass) throws {
    var graph = try wastefulGraph()
    named.pass.run(on: &graph)
    let once = graph.description
    named.pass.run(on: &graph)
    #expect(graph.description == once)
  }

  @Test func keepsTheMeaning() throws {
    let graph = try wastefulGraph()
    var passed = graph
    var seen: [String] = []
    try passed.run(canonicalPasses) { name, _ in seen.append(name) }
    #expect(seen == ["merge-common-subexpressions", "eliminate-dead-nodes"])
    let x = Tensor([0.5, -1, 2], shape: [1, 3])
    let weights: (ValueID) -> Tensor? = { id in
      let shape = graph[id].type.shape(batch: 1)
      return Tensor((0..<shape.reduce(1, *)).map { Float($0 % 5) / 4 - 0.5 }, shape: shape)
    }
    #expect(
      try passed.interpret(inputs: ["x": x], weights: weights)
        == graph.interpret(inputs: ["x": x], weights: weights))
  }

  @Test func blamesThePassThatBreaksAGraph() throws {
    var graph = try smallGraph()
    let error = #expect(throws: PassError.self) {
      try graph.run([EliminateDeadNodes(), Breaker()])
    }
    #expect(
      error?.description
        == "pass 'break' broke the graph: node 'second' reads 'act' before anything defines it")
  }

  private struct Breaker: Pass {
    let name = "break"
    func run(on graph: inout Graph) { graph.nodes.remove(at: 1) }
  }
}

/// A pass as a test's argument.
struct NamedPass: CustomTestStringConvertible, Sendable {
  var pass: any Pass
  var testDescription: String { pass.name }
}
