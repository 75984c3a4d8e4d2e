import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

/// Graphs that cannot be imported, each refused with one message and no trap.
@Suite struct ONNXImportRefusalTests {
  /// Everything that is not supported is named once, with its node; what only depends on it is not.
  @Test func listsWhatIsNotSupported() {
    ONNXNodes(nodes: [
      node("Unheard", ["x"], ["a"], name: "first"), node("Abs", ["a"], ["b"]),
      node("Loop", ["", "", "x"], ["c"]), node("Sequence", ["b", "c"], ["d"]),
      node("Abs", ["x"], ["y"], [integer("odd", 1)]),
    ]).refuses(
      "3 nodes cannot be imported: node 'first' (Unheard) is an operator that is not supported;"
        + " node of 'c' (Loop) is an operator that is not supported; node of 'y' (Abs) has the"
        + " attribute 'odd', which is not supported", .unsupported)
  }

  /// Loops are named as a whole; what is inside them is not looked at.
  @Test(arguments: ["Loop", "Scan"]) func namesLoops(operation: String) {
    let body = SmallONNX.graph(
      nodes: [node("Neg", ["x"], ["z"])], initialisers: [], inputs: [],
      outputs: [SmallONNX.value("z", shape: nil)])
    ONNXNodes(nodes: [node(operation, ["x"], [SmallONNX.subgraph("body", body)])]).refuses(
      "1 node cannot be imported: node of 'y' (\(operation)) is an operator that is not supported",
      .unsupported)
  }

  /// What a branch has is named, and not the branch again.
  @Test func listsWhatBranchesHave() {
    let branch = SmallONNX.graph(
      nodes: [node("Unheard", ["x"], ["z"])], initialisers: [], inputs: [],
      outputs: [SmallONNX.value("z", shape: nil)])
    let branches = ["then_branch", "else_branch"].map { SmallONNX.subgraph($0, branch) }
    ONNXNodes(
      nodes: [node("If", ["c"], ["y"], branches)], initialisers: [bool("c", false)]
    ).refuses(
      "1 node cannot be imported: node of 'z' (Unheard) is an operator that is not supported",
      .unsupported)
  }

  @Test func refusesOtherDomains() throws {
    let graph = SmallONNX.graph(nodes: [node("Add", ["x", "x"], domain: "com.example")])
    let model = SmallONNX.model(operatorSets: [("", 18), ("com.example", 1)], graph: graph)
    let error = #expect(throws: ONNXError.self) { try readONNX(model).network() }
    #expect(
      error?.description
        == "m.onnx: 1 node cannot be imported: node of 'y' (com.example.Add) is of a domain whose"
        + " operators are not supported")
  }

  @Test(
    arguments: [
      (
        node("Add", ["x", "w"]),
        "expects two operands of one type that broadcast and have add, found [2, 3], [2]"
      ),
      (
        node("MatMul", ["x", "w"]),
        "expects a [..., m, k] and b [..., k, n] of one type, found [2, 3], [2]"
      ),
      (node("Add", ["x"]), "has 1 inputs instead of 2"), (node("Neg", []), "lacks its input 0"),
      (
        node("Transpose", ["x"], [integers("perm", [0, 0])]),
        "expects x of rank 2 and an order of its axes, found [2, 3]"
      ),
      (
        node("Transpose", ["x"], [integers("perm", [0, 5, -3])]),
        "expects x of rank 3 and an order of its axes, found [2, 3]"
      ),
      (node("Softmax", ["x"], [integer("axis", 2)]), "has the axis 2, outside a rank of 2"),
      (node("Softmax", ["x"], [integer("axis", -3)]), "has the axis -3, outside a rank of 2"),
      (node("ReduceMean", ["x"], [integers("axes", [0, -2])]), "names an axis twice: [0, -2]"),
      (node("Concat", ["x"]), "names no axis"),
      (node("Reshape", ["x", "two"]), "reshapes [2, 3] to [2]"),
      (node("Reshape", ["x", "open"]), "reshapes [2, 3] to [-1, -1]"),
      (node("Reshape", ["x", "large"]), "reshapes [2, 3] to [1099511627776, 1099511627776]"),
      (node("Reshape", ["x", "negative"]), "reshapes [2, 3] to [-2, -3]"),
      (
        node("Expand", ["x", "large"]),
        "expands [2, 3] to [1099511627776, 1099511627776]"
      ),
      (
        node("Expand", ["one", "large"]),
        "gives [1099511627776, 1099511627776], which has more elements than any memory holds"
      ),
      (
        node("ConstantOfShape", ["large"]),
        "gives [1099511627776, 1099511627776], which has more elements than any memory holds"
      ),
      (
        node("ConstantOfShape", ["negative"]),
        "expects an operand that repeats to [-2, -3], found []"
      ),
      (node("Squeeze", ["x", "two"]), "has the axis 2, outside a rank of 2"),
      (node("Squeeze", ["x", "zero"]), "squeezes axes [0] of [2, 3]"),
      (
        node("Split", ["x"], ["y", "z", "u"], [integer("axis", 1), integer("num_outputs", 2)]),
        "splits into 2 parts and has 3 outputs"
      ),
      (node("Split", ["x", "two"], [integer("axis", 1)]), "splits 3 into [2]"),
      (
        node("Slice", ["x", "zero", "two", "zero", "zero"]),
        "has starts, ends, axes and steps that do not fit each other"
      ),
      (
        node("Gather", ["x", "two"]),
        "has the index 2, outside an axis of 2"
      ),
      (node("Cast", ["x"], [integer("to", 99)]), "names no type to cast to"),
      (node("Range", ["zero", "two", "zero"]), "counts from 0.0 to 2.0 by 0.0"),
      (node("Div", ["two", "zero"]), "fails: an integer is divided by zero"),
      (node("Gather", ["zero", "two"]), "has the index 2, outside an axis of 1"),
      (node("Conv", ["x", "w"]), "convolves [2, 3] with [2]"),
      (node("Einsum", ["x"], [text("equation", "ij->ik")]), "has the equation 'ij->ik'"),
      (node("Einsum", ["x"], [text("equation", "i.j")]), "has the equation 'i.j'"),
      (node("Gemm", ["x", "w"]), "multiplies [2, 3] by [2]"),
      (node("If", ["x"]), "lacks a branch"),
      (node("Tile", ["x", "negative"]), "expects x of rank 2, found [2, 3]"),
      (node("Constant", []), "has not one value"),
    ] as [(WireMessage, String)])
  func refusesNodes(operation: WireMessage, problem: String) throws {
    let nodes = ONNXNodes(
      nodes: [operation],
      initialisers: [
        ones("w", [2]), ones("one", [1, 1]), int64s("zero", [0]), int64s("two", [2]),
        int64s("open", [-1, -1]), int64s("large", [1 << 40, 1 << 40]),
        int64s("negative", [-2, -3]),
      ])
    let error = #expect(throws: ONNXError.self) { try nodes.network() }
    guard case .node(_, let found)? = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == problem)
    #expect(error?.exitStatus == .badData)
  }

  @Test(
    arguments: [
      (node("Cast", ["x"], [integer("to", 17)]), "casts to FLOAT8E4M3FN"),
      (node("Cast", ["x"], [integer("to", 8)]), "casts to STRING"),
      (node("Resize", ["x"], [text("mode", "odd")]), "has the mode 'odd'"),
      (node("Resize", ["x", "", "x"]), "is resized by 'x', which is not constant"),
      (node("Pad", ["x", "two"], [text("mode", "odd")]), "has the mode 'odd'"),
      (node("Gelu", ["x"], [text("approximate", "odd")]), "has the approximation 'odd'"),
      (node("Neg", ["x"], ["y", "z"]), "has 2 outputs, over 1"),
      (node("Tile", ["x", "i"]), "has a shape that depends on what is computed in 'i'"),
      (
        node(
          "If", ["c"],
          [
            SmallONNX.subgraph("then_branch", SmallONNX.graph()),
            SmallONNX.subgraph("else_branch", SmallONNX.graph()),
          ]), "has a condition that is computed; only constant ones fold"
      ),
    ] as [(WireMessage, String)])
  func namesForms(operation: WireMessage, problem: String) throws {
    let nodes = ONNXNodes(
      nodes: [operation], initialisers: [int64s("two", [2])],
      inputs: [
        SmallONNX.value("x", shape: [2, 3]), SmallONNX.value("i", type: 7, shape: [2]),
        SmallONNX.value("c", type: 9, shape: []),
      ])
    let error = #expect(throws: ONNXError.self) { try nodes.network() }
    guard case .unsupportedNodes(let found)? = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    try #require(found.count == 1)
    #expect(found[0].hasSuffix(") \(problem)"))
    #expect(error?.exitStatus == .unsupported)
  }

  @Test func refusesInputs() {
    func inputs(_ inputs: WireMessage...) -> ONNXNodes {
      ONNXNodes(nodes: [node("Neg", ["x"])], inputs: inputs)
    }
    inputs(SmallONNX.value("x", shape: [1 << 40, 1 << 40])).refuses(
      "'x' has the shape [1099511627776, 1099511627776], which no memory can hold; export it again",
      .badData)
    inputs(SmallONNX.value("x", type: 8)).refuses(
      "input 'x' has elements of type STRING, which is not supported; export it with floats of 16"
        + " or 32 bits", .unsupported)
    let open =
      " has dimensions that are not known (?), and only one, the batch, may stay open; bind them"
      + " with --shape x=2,4,…"
    inputs(SmallONNX.value("x", shape: nil)).refuses("input 'x'" + open, .unsupported)
    inputs(SmallONNX.value("x", shape: [-1, 3])).refuses("input 'x'" + open, .unsupported)
    let extents = WireMessage.message(1, .text(2, "n")) + .message(1, .text(2, "height"))
    inputs(SmallONNX.typed("x", extents: extents)).refuses(
      "input 'x' has dimensions that are not known (n, height), and only one, the batch, may stay"
        + " open; bind them with --shape x=2,4,…", .unsupported)
  }

  @Test func bindsShapes() throws {
    let nodes = ONNXNodes(
      nodes: [node("Add", ["x", "z"])], inputs: [batched("x", [3]), batched("z", [1])])
    #expect(try nodes.network().graph.inputs.count == 2)
    let bound = try nodes.network(ONNXBinding(shapes: ["x": [4, 3]]))
    #expect(bound.graph[bound.graph.outputs[0]].type == TensorType([4, 3]))
    for shapes in [["x": [4, 2]], ["x": [4]], ["x": [4, 3], "z": [5, 1]], ["x": [-1, 3]]] {
      let error = #expect(throws: ONNXError.self) {
        try nodes.network(ONNXBinding(shapes: shapes))
      }
      guard case .binding? = error?.reason else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(error?.exitStatus == .usage)
    }
  }

  /// What depends on the batch and is no shape.
  @Test func refusesToComputeWithTheBatch() {
    let nodes = [
      node("Shape", ["x"], ["s"]), node("Cast", ["s"], ["f"], [integer("to", 1)]),
      node("Mul", ["x", "f"]),
    ]
    ONNXNodes(nodes: nodes, inputs: [batched("x", [2])]).refuses(
      "1 node cannot be imported: node of 'f' (Cast) computes with a shape that depends on the"
        + " batch; bind it with --shape", .unsupported)
    ONNXNodes(
      nodes: [node("Slice", ["x", "zero", "one", "zero"])],
      initialisers: [int64s("zero", [0]), int64s("one", [1])], inputs: [batched("x", [2])]
    ).refuses(
      "1 node cannot be imported: node of 'y' (Slice) slices the batch; bind it with --shape",
      .unsupported)
  }
}
