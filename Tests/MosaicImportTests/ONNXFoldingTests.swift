import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

/// What does not depend on the inputs is worked out at import.
@Suite struct ONNXFoldingTests {
  private func names(_ network: ONNXNetwork) -> [String] {
    network.graph.nodes.map(\.operation.name)
  }

  /// `Reshape(x, Concat(Gather(Shape(x), 0), [-1]))`: how exporters keep the batch.
  @Test func shapeArithmeticKeepsTheBatch() throws {
    let network = try ONNXNodes(
      nodes: [
        node("Shape", ["x"], ["shape"]), node("Gather", ["shape", "first"], ["n"]),
        node("Unsqueeze", ["n", "axes"], ["batch"]),
        node("Concat", ["batch", "rest"], ["target"], [integer("axis", 0)]),
        node("Reshape", ["x", "target"]),
      ],
      initialisers: [int64s("first", [0], shape: []), int64s("axes", [0]), int64s("rest", [-1])],
      inputs: [batched("x", [3, 4])]
    ).network()
    #expect(names(network) == ["reshape"])
    #expect(network.graph[network.graph.outputs[0]].type == TensorType([.batch, 12]))
  }

  /// Products and quotients of extents, comparisons with -1, and choices among them: what
  /// TorchScript makes of `expand(-1, ...)`.
  @Test func arithmeticOfExtents() throws {
    let network = try ONNXNodes(
      nodes: [
        node("Shape", ["x"], ["shape"]), node("Mul", ["shape", "factors"], ["more"]),
        node("Div", ["more", "factors"], ["same"]), node("Equal", ["same", "open"], ["isOpen"]),
        node("Where", ["isOpen", "factors", "same"], ["chosen"]),
        node("Cast", ["chosen"], ["target"], [integer("to", 7)]),
        node("Slice", ["more", "zero", "one"], ["first"]),
        node("Concat", ["first", "rest"], ["folded"], [integer("axis", 0)]),
        node("Expand", ["row", "target"], ["rows"]),
        node("Tile", ["rows", "factors"], ["tiled"]),
        node("Reshape", ["tiled", "folded"]),
      ],
      initialisers: [
        int64s("factors", [2, 1]), int64s("open", [-1, -1]), int64s("zero", [0]),
        int64s("one", [1]), int64s("rest", [3]), ones("row", [1, 3]),
      ], inputs: [batched("x", [3])]
    ).network()
    #expect(names(network) == ["expand", "tile"])
    #expect(
      network.graph[network.graph.outputs[0]].type == TensorType([Dimension(2, power: 1), 3]))
    let x = Tensor([Float](repeating: 0, count: 15), shape: [5, 3])
    let y = try network.graph.interpret(inputs: ["x": x]) { id in
      network.weights.tensor(network.graph[id].name).map { Tensor($0) }
    }[0]
    #expect(y == Tensor([Float](repeating: 1, count: 30), shape: [10, 3]))
  }

  @Test func constantsBecomeWeights() throws {
    let network = try ONNXNodes(
      nodes: [
        node("Range", ["start", "limit", "step"], ["r"]),
        node("Cast", ["r"], ["f"], [integer("to", 1)]),
        node("Cos", ["f"], ["c"]), node("Add", ["x", "c"]), node("Neg", ["c"], ["unused"]),
      ],
      initialisers: [
        int64s("start", [0], shape: []), int64s("limit", [3], shape: []),
        int64s("step", [1], shape: []),
      ]
    ).network()
    #expect(names(network) == ["binary"])
    let weight = try #require(network.weights.tensor("c"))
    #expect(Tensor(weight).doubles[0] == 1 && weight.shape == [3])
  }

  /// A constant condition leaves its branch alone, which reads names around it; the other one need
  /// not even be known.
  @Test(arguments: [true, false]) func branches(condition: Bool) throws {
    func branch(_ operation: String) -> WireMessage {
      SmallONNX.graph(
        nodes: [node(operation, ["x"], ["inner"]), node("Abs", ["inner"], ["z"])],
        initialisers: [], inputs: [], outputs: [SmallONNX.value("z", shape: nil)])
    }
    let branches = [
      SmallONNX.subgraph("then_branch", branch(condition ? "Neg" : "Unheard")),
      SmallONNX.subgraph("else_branch", branch(condition ? "Unheard" : "Neg")),
    ]
    let nodes = ONNXNodes(
      nodes: [node("If", ["c"], branches)], initialisers: [bool("c", condition)])
    let network = try nodes.network()
    #expect(names(network) == ["unary", "unary"])
    let x = Tensor([-1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    #expect(try nodes.run(["x": x])[0].floats == [1, 2, 3, 4, 5, 6])
  }

  /// Two branches call different weights by one name.
  @Test func weightsOfBranches() throws {
    func branch(_ weight: WireMessage) -> WireMessage {
      SmallONNX.graph(
        nodes: [node("Add", ["x", "w"], ["z"])], initialisers: [weight], inputs: [],
        outputs: [SmallONNX.value("z", shape: nil)])
    }
    func branches(_ weight: WireMessage) -> [WireMessage] {
      ["then_branch", "else_branch"].map { SmallONNX.subgraph($0, branch(weight)) }
    }
    let two = SmallONNX.tensor("w", [3], raw: [0, 0, 0, 64, 0, 0, 0, 64, 0, 0, 0, 64])
    let nodes = ONNXNodes(
      nodes: [
        node("If", ["c"], ["a"], branches(ones("w", [1]))), node("If", ["c"], ["b"], branches(two)),
        node("Mul", ["a", "b"]),
      ], initialisers: [bool("c", true)])
    let x = Tensor([0, 1, 2, 3, 4, 5] as [Float], shape: [2, 3])
    #expect(try nodes.run(["x": x])[0].floats == [2, 6, 12, 20, 30, 42])
  }

  /// An input that decides a shape is bound to its elements; it still reaches its node.
  @Test func boundInputsDecideShapes() throws {
    let nodes = ONNXNodes(
      nodes: [node("Reshape", ["x", "s"])],
      inputs: [
        SmallONNX.value("x", shape: [2, 3]), SmallONNX.value("s", type: 7, shape: [1]),
      ])
    let x = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    let y = try nodes.run(["x": x, "s": Tensor(integers: [-1], shape: [1])])
    #expect(y == [Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [6])])
    nodes.refuses(
      "1 node cannot be imported: node of 'y' (Reshape) has a shape that depends on what is"
        + " computed in 's'", .unsupported)
  }

  /// Extents follow the batch where they were it, a multiple of it, or repeat a row for each sample;
  /// other weights of that extent keep it fixed.
  @Test func freesTheBatch() throws {
    func network(_ more: [WireMessage], _ initialisers: [WireMessage]) throws -> Graph {
      try ONNXNodes(
        nodes: [node("Reshape", ["x", "s"], ["r"])] + more,
        initialisers: [int64s("s", [4, 3])] + initialisers,
        inputs: [SmallONNX.value("x", shape: [2, 2, 3])]
      ).network(ONNXBinding(freesBatch: true)).graph
    }
    let folded = try network([node("Neg", ["r"])], [])
    #expect(folded[folded.outputs[0]].type == TensorType([Dimension(2, power: 1), 3]))
    let expanded = try network(
      [node("Expand", ["one", "e"])], [ones("one", [1, 3]), int64s("e", [2, 3])])
    #expect(expanded[expanded.outputs[0]].type == TensorType([.batch, 3]))
    let rows = try network([node("Add", ["x", "w"])], [ones("w", [2, 1, 3])])
    #expect(rows[rows.outputs[0]].type == TensorType([.batch, 2, 3]))
    let other = SmallONNX.tensor(
      "w", [2, 1, 1], raw: [0, 0, 128, 63, 0, 0, 0, 64])
    #expect(throws: ONNXError.self) { try network([node("Add", ["x", "w"])], [other]) }
  }

  /// The same of one sample and of two: constants of as many equal rows follow the batch wherever an
  /// operation wants them to, and so do a slice or a split of all samples.
  @Test(arguments: [1, 2]) func freesConstants(batch: Int) throws {
    func type(_ nodes: [WireMessage], outputs: [String] = ["y"]) throws -> TensorType {
      let graph = try ONNXNodes(
        nodes: nodes,
        initialisers: [
          ones("token", [batch, 1, 3]), int64s("shape", [batch, 1, 3]), int64s("flat", [batch, 6]),
          int64s("folded", [batch * 2, 3]), ones("matrix", [batch, 3, 4]), ones("row", [1, 3]),
          int64s("zero", [0]), int64s("all", [batch]), int64s("wide", [batch, 2, 3]),
          ones("yes", [batch, 1, 1]),
        ], inputs: [SmallONNX.value("x", shape: [batch, 2, 3])], outputs: outputs
      ).network(ONNXBinding(freesBatch: true)).graph
      return graph[graph.outputs[0]].type
    }
    let n = Dimension.batch
    let joined = TensorType([n, 3, 3])
    #expect(try type([node("Concat", ["token", "x"], [integer("axis", 1)])]) == joined)
    #expect(
      try type([
        node("ConstantOfShape", ["shape"], ["c"]),
        node("Concat", ["x", "c"], [integer("axis", 1)]),
      ]) == joined)
    #expect(
      try type([
        node("Expand", ["row", "shape"], ["c"]), node("Concat", ["x", "c"], [integer("axis", 1)]),
      ]) == joined)
    #expect(try type([node("MatMul", ["x", "matrix"])]) == TensorType([n, 2, 4]))
    #expect(try type([node("Reshape", ["x", "flat"])]) == TensorType([n, 6]))
    #expect(
      try type([node("Reshape", ["x", "folded"])]) == TensorType([Dimension(2, power: 1), 3]))
    #expect(try type([node("Expand", ["x", "wide"])]) == TensorType([n, 2, 3]))
    #expect(
      try type([node("Slice", ["x", "zero", "all", "zero"])]) == TensorType([n, 2, 3]))
    #expect(try type([node("Split", ["x", "all"], ["y"])]) == TensorType([n, 2, 3]))
    #expect(
      try type([
        node("Cast", ["yes"], ["c"], [integer("to", 9)]), node("Where", ["c", "x", "token"]),
      ]) == TensorType([n, 2, 3]))
  }

  /// What treats samples of one batch differently has no other batch.
  @Test func keepsABatchThatMixes() {
    func refuses(_ nodes: [WireMessage]) {
      let rows = SmallONNX.tensor("rows", [2, 1, 1], raw: [0, 0, 128, 63, 0, 0, 0, 64])
      let network = ONNXNodes(
        nodes: nodes, initialisers: [rows, int64s("zero", [0]), int64s("one", [1])],
        inputs: [SmallONNX.value("x", shape: [2, 2, 3])])
      #expect(throws: ONNXError.self) { try network.network(ONNXBinding(freesBatch: true)) }
      #expect(throws: Never.self) { try network.network() }
    }
    refuses([node("Add", ["x", "rows"])])
    refuses([
      node("Split", ["x"], ["a", "b"], [integer("num_outputs", 2)]), node("Add", ["a", "b"]),
    ])
    refuses([node("Slice", ["x", "zero", "one", "zero"])])
  }

  /// Weights are read where they lie: large ones are not worked with, and none is copied.
  @Test func leavesLargeWeightsAlone() throws {
    let network = try ONNXNodes(
      nodes: [node("Transpose", ["w"], ["t"]), node("MatMul", ["x", "t"])],
      initialisers: [ones("w", [400_000, 3])]
    ).network()
    #expect(names(network) == ["transpose", "matmul"])
    let model = network.weights.model
    let bytes = network.weights.tensor("w")?.bytes.baseAddress
    #expect(bytes == model.tensor("w")?.bytes.baseAddress && bytes != nil)
  }
}
