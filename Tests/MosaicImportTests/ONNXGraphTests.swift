import MosaicCore
import MosaicImport
import MosaicTestSupport
import Testing

private func value(_ name: String) -> WireMessage { SmallONNX.value(name) }

/// Names and order within graphs.
@Suite struct ONNXGraphTests {
  private func model(_ nodes: [WireMessage]) -> WireMessage {
    SmallONNX.model(graph: SmallONNX.graph(nodes: nodes))
  }

  @Test func keepsTheOrderWhereItHolds() throws {
    let model = try readONNX(
      model([
        node("A", ["x"], ["a"]), node("B", ["x"], ["b"]),
        node("C", ["b", "a"], ["y"]),
      ]))
    #expect(model.graph.nodes.map(\.operation) == ["A", "B", "C"])
    #expect(model.warnings == [])
  }

  @Test func sortsNodes() throws {
    let model = try readONNX(
      model([
        node("D", ["c", "a"], ["y"]), node("A", ["x"], ["a"]),
        node("C", ["b"], ["c"]), node("B", ["a"], ["b"]),
      ]))
    #expect(model.graph.nodes.map(\.operation) == ["A", "B", "C", "D"])
    #expect(
      model.warnings == ["m.onnx: the nodes of graph 'main' are not in order; they were sorted"])
  }

  /// A long chain backwards is sorted without recursion.
  @Test func sortsALongChain() throws {
    let count = 50_000
    let nodes = (0..<count).reversed().map { index in
      node(
        "A", [index == 0 ? "x" : "v\(index)"], [index == count - 1 ? "y" : "v\(index + 1)"])
    }
    let graph = try readONNX(model(nodes)).graph
    #expect(graph.nodes.first?.inputs == ["x"] && graph.nodes.last?.outputs == ["y"])
  }

  /// A branch reads names of the graph around it, also through a branch of its own.
  @Test func nodesComeAfterWhatTheirBranchesRead() throws {
    let inner = SmallONNX.graph(
      nodes: [node("Neg", ["late"], ["i"])], initialisers: [], inputs: [],
      outputs: [value("i")])
    let outer = SmallONNX.graph(
      nodes: [node("If", ["x"], ["o"], [SmallONNX.subgraph("then_branch", inner)])],
      initialisers: [], inputs: [], outputs: [value("o")])
    let graph = try readONNX(
      model([
        node("If", ["x"], ["y"], [SmallONNX.subgraph("else_branch", outer)]),
        node("Abs", ["x"], ["late"]),
      ])
    ).graph
    #expect(graph.nodes.map(\.operation) == ["Abs", "If"])
    #expect(graph.captures == [])
    guard case .graph(let branch)? = graph.nodes[1].attributes["else_branch"] else {
      throw Absent(name: "else_branch")
    }
    #expect(branch.captures == ["x", "late"])
  }

  @Test func refusesCycles() {
    refusesONNX(
      model([
        node("A", ["x", "c"], ["a"], name: "first"), node("B", ["a"], ["b"]),
        node("C", ["b"], ["c"]), node("D", ["c"], ["y"]),
      ]),
      "its nodes form a cycle: node of 'b' (B) → node of 'c' (C) → node 'first' (A) → node of 'b'"
        + " (B); export it again")
    refusesONNX(
      model([node("A", ["y"], ["y"])]),
      "its nodes form a cycle: node of 'y' (A) → node of 'y' (A); export it again")
  }

  @Test func refusesNamesDefinedTwice() {
    let twice = { (first: String, second: String) in
      "is defined twice, as \(first) and as \(second); export it again"
    }
    refusesONNX(
      model([
        node("A", ["x"], ["y"]), node("B", ["x"], ["y"], name: "n"),
      ]),
      "'y' \(twice("an output of node of 'y' (A)", "an output of node 'n' (B)"))")
    refusesONNX(
      model([node("A", ["x"], ["w"])]),
      "'w' \(twice("an initialiser", "an output of node of 'w' (A)"))")
    refusesONNX(
      model([node("A", ["x"], ["x"])]),
      "'x' \(twice("an input", "an output of node of 'x' (A)"))")
    let w = SmallONNX.tensor("w", [0])
    refusesONNX(
      graph: SmallONNX.graph(initialisers: [w, w]),
      "'w' \(twice("an initialiser", "an initialiser"))")
    refusesONNX(
      graph: SmallONNX.graph(inputs: [value("x"), value("x")]),
      "'x' \(twice("an input", "an input"))")
    refusesONNX(
      graph: SmallONNX.graph(initialisers: [w], inputs: [value("x"), value("w"), value("w")]),
      "'w' \(twice("an initialiser", "an input"))")
  }

  @Test func refusesNamesThatNothingDefines() {
    refusesONNX(
      model([node("A", ["x", "u"], ["y"])]),
      "node of 'y' (A) reads 'u', which nothing defines; export it again")
    refusesONNX(
      graph: SmallONNX.graph(outputs: [value("y"), value("z")]),
      "the graph reads 'z', which nothing defines; export it again")
    let branch = SmallONNX.graph(
      nodes: [node("A", ["u"], ["b"])], inputs: [], outputs: [value("b")])
    refusesONNX(
      model([node("If", ["x"], ["y"], [SmallONNX.subgraph("then_branch", branch)])]),
      "node of 'y' (If) reads 'u', which nothing defines; export it again")
  }

  @Test func refusesEmptyGraphs() {
    refusesONNX(
      graph: SmallONNX.graph(nodes: [], outputs: [value("x")]),
      "graph 'main' has no nodes; export it again")
    refusesONNX(
      graph: SmallONNX.graph(outputs: []), "graph 'main' has no outputs; export it again")
  }

  @Test func refusesNodes() {
    refusesONNX(
      model([.text(1, "x") + .text(2, "y")]),
      "node of 'y' () names no operator; export it again")
    refusesONNX(
      model([node("Foo", ["x"], ["y"], domain: "custom")]),
      "node of 'y' (custom.Foo) is of a domain whose operators the model does not import;"
        + " export it again")
  }

  @Test(
    arguments: [
      (
        [SmallONNX.attribute("a", type: 2, []), SmallONNX.attribute("a", type: 1, [])],
        "has the attribute 'a' twice"
      ),
      (
        [SmallONNX.attribute("a", type: 2, [.float(2, 1)])],
        "has the attribute 'a' whose value is not of its type"
      ),
      (
        [SmallONNX.attribute("a", type: 2, [.integer(3, 1), .float(2, 1)])],
        "has the attribute 'a' whose value is not of its type"
      ),
      ([SmallONNX.attribute("a", type: 0, [])], "has the attribute 'a' of type 0, which is none"),
      ([SmallONNX.attribute("a", type: 15, [])], "has the attribute 'a' of type 15, which is none"),
      ([SmallONNX.attribute("a", type: 4, [])], "has the attribute 'a' without its tensor"),
      ([SmallONNX.attribute("a", type: 5, [])], "has the attribute 'a' without its graph"),
      ([SmallONNX.attribute("", type: 2, [])], "has an attribute without a name"),
      (
        [SmallONNX.attribute("a", type: 2, [.text(21, "b")])],
        "has the attribute 'a' that refers to a function, and is in none"
      ),
    ] as [([WireMessage], String)])
  func refusesAttributes(attributes: [WireMessage], problem: String) {
    refusesONNX(
      model([node("A", ["x"], ["y"], attributes)]),
      "node of 'y' (A) \(problem); export it again")
  }

  @Test(
    arguments: [
      (11, WireMessage.data(22, []), "a sparse tensor"), (12, .data(23, [1]), "a sparse tensor"),
      (13, .data(14, []), "a type"), (14, .data(15, [2]), "a type"),
    ])
  func refusesAttributesOfOtherKinds(type: Int, content: WireMessage, kind: String) {
    let attribute = SmallONNX.attribute("a", type: type, [content])
    refusesONNX(
      model([node("A", ["x"], ["y"], [attribute])]),
      "node of 'y' (A): its attribute 'a' is \(kind), which is not supported", .unsupported)
  }
}

/// Types of inputs and outputs.
@Suite struct ONNXValueTests {
  private func refuses(
    input: WireMessage, _ message: String, _ status: MosaicCore.ExitStatus = .badData,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    refusesONNX(
      graph: SmallONNX.graph(inputs: [input]), message, status, sourceLocation: sourceLocation)
  }

  @Test func keepsWhatIsNotKnown() throws {
    let graph = SmallONNX.graph(
      inputs: [SmallONNX.value("x", shape: nil)], outputs: [.text(1, "y")])
    let model = try readONNX(SmallONNX.model(graph: graph))
    #expect(model.graph.inputs[0].type?.shape == nil)
    #expect(model.graph.inputs[0].type?.description == "FLOAT of any rank")
    #expect(model.graph.outputs[0].type == nil)
  }

  @Test func refusesBadTypes() {
    refuses(input: .text(1, "x"), "'x' is an input without a type; export it again")
    refuses(
      input: SmallONNX.value("x", type: 0),
      "'x' has the element type 0, which is none; export it again")
    refuses(
      input: SmallONNX.value("x", type: 27),
      "'x' has the element type 27, which is none; export it again")
    refuses(
      input: SmallONNX.value("x", shape: [Int](repeating: 1, count: 65)),
      "'x' has 65 dimensions, over 64; export it again")
    refuses(
      input: SmallONNX.typed("x", extents: .message(1, .integer(1, -2))),
      "'x' has the negative dimension -2; export it again")
    refuses(
      input: SmallONNX.typed("x", extents: .message(1, .integer(1, 2) + .text(2, "n"))),
      "'x' has a dimension with both a value and a name; export it again")
    refuses(input: SmallONNX.value(""), "'' is an input without a name; export it again")
  }

  @Test(
    arguments: [
      (4, "a sequence"), (5, "a map"), (7, "opaque"), (8, "a sparse tensor"), (9, "optional"),
    ])
  func refusesOtherKinds(field: Int, kind: String) {
    refuses(
      input: .text(1, "x") + .message(2, .data(field, [])),
      "'x' is \(kind), and only tensors are supported; export the network alone", .unsupported)
  }
}
