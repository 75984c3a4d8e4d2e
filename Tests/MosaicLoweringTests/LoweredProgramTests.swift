import MosaicBundle
import MosaicCore
import MosaicIR
import MosaicImport
import MosaicLowering
import MosaicRuntime
import MosaicSurgery
import MosaicTestSupport
import Testing

/// Lowered programs against the graphs they come from.
@Suite struct LoweredProgramTests {
  /// The same kernels on both sides, but for the fused ones: a few roundings of difference in
  /// three blocks.
  @Test(arguments: 0..<24)
  func computesWhatTheGraphDoes(seed: UInt64) throws {
    let model = try RandomTransformer(seed: seed)
    let dense = try model.dense()
    let executor = try dense.executor(threads: 1)
    try ProgramVerifier.verify(executor.program)
    for samples in [1, 3] {
      let inputs = model.inputs(samples: samples, seed: seed)
      let expected = try dense.interpreted(inputs)
      #expect(relativeError(executor.output(inputs, samples: samples), expected) <= 2e-5)
    }
  }

  @Test(arguments: ["tiny-dit", "glyph-dit"], [0.0, 0.3, 0.9])
  func passesTheVerifierDenseAndPruned(name: String, sparsity: Double) throws {
    let model = try CheckpointImporter(path: Fixtures.path(name)).load()
    let groups = PruningGroups(of: model.graph, state: model.graph.inputs[0]).groups
    let resized = try model.graph.resizing(
      groups, keeping: groups.map { Array($0.removalCount(at: sparsity)..<$0.unitCount) })
    let lowered = try resized.lowered()
    try ProgramVerifier.verify(lowered.program)
    #expect(
      lowered.program.weights.map(\.shape)
        == lowered.weights.map {
          resized[$0].type.shape(batch: 1)
        })
  }

  @Test func fusesWhatBelongsTogether() throws {
    let model = try CheckpointImporter(path: Fixtures.path("tiny-dit")).load()
    let program = try model.graph.lowered().program
    var counts: [String: Int] = [:]
    for instruction in program.instructions {
      counts[kind(of: instruction.operation), default: 0] += 1
    }
    // Two blocks. The head's silu is that of block 0, and both blocks see the same sinusoids.
    #expect(
      counts == [
        "convolution": 1, "permute": 2, "add": 1 + 2, "timestepEmbedding": 1, "gather": 2,
        "linear + silu": 2, "linear + gelu_tanh": 2, "linear": 2 * (2 + 4 + 1) + 2,
        "activation": 2, "layerNorm + modulation": 2 * 2 + 1, "attention": 2, "gatedAdd": 4,
      ])
  }

  private func kind(of operation: Program.Operation) -> String {
    switch operation {
    case .linear(_, _, _, .none): "linear"
    case .linear(_, _, _, let activation): "linear + \(activation.rawValue)"
    case .convolution: "convolution"
    case .attention: "attention"
    case .layerNorm(_, _, _, _, let isModulated):
      isModulated ? "layerNorm + modulation" : "layerNorm"
    case .gatedAdd: "gatedAdd"
    case .addRow: "addRow"
    case .add: "add"
    case .activation: "activation"
    case .timestepEmbedding: "timestepEmbedding"
    case .gather: "gather"
    case .permute: "permute"
    case .general(let operation): "\(operation)".prefix { $0 != "(" }.description
    }
  }

  /// What is read twice must be there as it is.
  @Test func fusesNothingThatSomethingElseReads() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 4]))
    let weight = graph.addWeight("w", shape: [4, 4])
    let product = try graph.add(Linear(), [x, weight], name: "product")[0]
    let active = try graph.add(Activate(.silu), [product], name: "act")[0]
    graph.outputs = try graph.add(Add(), [product, active], name: "sum")
    let lowered = try graph.lowered()
    #expect(
      lowered.program.instructions.map { kind(of: $0.operation) } == [
        "linear", "activation", "add",
      ])
    #expect(lowered.instructions == [product: 0, active: 1, graph.outputs[0]: 2])
  }

  /// Simplification gives what stands for a node the node's name, so nodes may share one.
  @Test func tellsNodesOfOneNameApart() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 4]))
    let first = try graph.add(Linear(), [x, graph.addWeight("v", shape: [3, 4])], name: "same")[0]
    let second = try graph.add(
      Linear(), [first, graph.addWeight("w", shape: [2, 3])], name: "same")[0]
    graph.outputs = [second]
    #expect(try graph.lowered().instructions == [first: 0, second: 1])
  }

  @Test func refusesWhatTheRuntimeHasNot() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 2, 4]))
    let triangle = try graph.add(Triangle(isUpper: true, diagonal: 0), [x], name: "cut")
    graph.outputs = triangle
    refuses(graph, "node 'cut' cannot be lowered: the runtime has no 'triangle' of this form")
    #expect(
      graph.loweringProblems() == ["'cut' the runtime has no 'triangle' of this form"])
    graph = Graph()
    let y = graph.addInput("y", TensorType([.batch, 4]))
    graph.outputs = try graph.add(Concat(axis: 0), [y, y], name: "both")
    refuses(
      graph,
      "node 'both' cannot be lowered: it works along the batch, which mixes samples")
  }

  @Test func copiesAnOutputThatIsAnInput() throws {
    var graph = Graph()
    graph.outputs = [graph.addInput("x", TensorType([.batch, 4]))]
    let lowered = try graph.lowered()
    #expect(lowered.program.instructions.map { kind(of: $0.operation) } == ["pick"])
  }

  @Test func refusesAnInputWithTheBatchElsewhere() throws {
    var graph = Graph()
    graph.outputs = [graph.addInput("x", TensorType([4, .batch]))]
    refuses(graph, "node 'x' cannot be lowered: an input without batch axis")
  }

  private func refuses(
    _ graph: Graph, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: LoweringError.self, sourceLocation: sourceLocation) {
      try graph.lowered()
    }
    #expect(error?.description == message, sourceLocation: sourceLocation)
  }
}
