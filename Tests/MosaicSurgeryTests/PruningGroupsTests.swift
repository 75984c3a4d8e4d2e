import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

@testable import MosaicSurgery

/// The groups of networks, against what one finds by hand.
@Suite struct PruningGroupsTests {
  /// Tokens, width and heads of a fixture.
  private struct Sizes {
    var tokens: Int
    var width: Int
    var heads: Int
    var layers: Int
    var headSize: Int { width / heads }

    static func of(_ name: String) -> Sizes {
      name == "tiny-dit"
        ? Sizes(tokens: 16, width: 32, heads: 4, layers: 2)
        : Sizes(tokens: 16, width: 256, heads: 8, layers: 8)
    }
  }

  @Test(arguments: ["tiny-dit", "glyph-dit"])
  func findsHeadsAndNeurons(name: String) throws {
    let graph = try CheckpointImporter(path: Fixtures.path(name)).load().graph
    let sizes = Sizes.of(name)
    let groups = PruningGroups(of: graph, state: graph.inputs[0]).groups
    #expect(groups.count == 2 * sizes.layers)
    for layer in 0..<sizes.layers {
      let block = "transformer_blocks.\(layer)"
      let (heads, neurons) = (groups[2 * layer], groups[2 * layer + 1])
      #expect(heads.name == "\(block).attn1.to_out.0" && heads.kind == .heads)
      #expect(heads.unitCount == sizes.heads && heads.unitSize == sizes.headSize)
      #expect(
        Set(names(heads.producers, in: graph))
          == Set(
            ["q", "k", "v"].flatMap { part in
              ["weight", "bias"].map { "\(block).attn1.to_\(part).\($0)" }
            }))
      #expect(graph[heads.consumer].name == "\(heads.name).weight")
      #expect(heads.consumerBias.map { graph[$0].name } == "\(heads.name).bias")
      // Rows of q, k and v, columns of the consumer, and both products of the attention.
      #expect(
        heads.macsPerUnit
          == 4 * sizes.tokens * sizes.width * sizes.headSize
          + 2 * sizes.tokens * sizes.tokens * sizes.headSize)

      #expect(neurons.name == "\(block).ff.net.2" && neurons.kind == .neurons)
      #expect(neurons.unitCount == 4 * sizes.width && neurons.unitSize == 1)
      #expect(
        Set(names(neurons.producers, in: graph))
          == ["\(block).ff.net.0.proj.weight", "\(block).ff.net.0.proj.bias"])
      #expect(graph[neurons.consumer].name == "\(neurons.name).weight")
      #expect(heads.leastUnits == 0 && neurons.leastUnits == 0)
      // A row of the first product and a column of the second, for every token.
      #expect(neurons.macsPerUnit == 2 * sizes.tokens * sizes.width)
    }
  }

  @Test func saysWhyAnAxisStays() throws {
    let graph = try CheckpointImporter(path: Fixtures.path("tiny-dit")).load().graph
    let pinned = PruningGroups(of: graph, state: graph.inputs[0]).pinned
    let reasons = Dictionary(grouping: pinned, by: \.reason).mapValues { axes in
      Set(axes.map(\.name))
    }
    #expect(
      reasons["a residual stream: 8 weights take it up, and what they give is added to it"]
        == ["transformer_blocks.0.attn1.to_q"])
    #expect(
      reasons["it does not depend on the state, only on timestep and condition"] == [
        "transformer_blocks.0.norm1.emb.timestep_embedder.linear_2",
        "transformer_blocks.0.norm1.linear",
        "transformer_blocks.1.norm1.emb.timestep_embedder.linear_2",
        "transformer_blocks.1.norm1.linear",
      ])
    #expect(pinned.allSatisfy { $0.extent == 32 })
  }

  /// A pre-norm network with other names, another order of its parts, and no biases.
  @Test func knowsNoNames() throws {
    var graph = Graph()
    let x = graph.addInput("banana", TensorType([.batch, 5, 6]))
    func weight(_ name: String, _ shape: [Int]) -> ValueID { graph.addWeight(name, shape: shape) }
    let norm = try graph.add(LayerNorm(epsilon: 1e-5), [x], name: "n")[0]
    // Consumed in the order v, k, q; heads of 4.
    let parts = try ["zeta", "alpha", "mu"].map { name in
      try graph.add(Linear(), [norm, weight(name, [12, 6])], name: "make-\(name)")[0]
    }
    let mixed = try graph.add(Attention(headSize: 4, scale: 1), parts, name: "mix")[0]
    let back = try graph.add(Linear(), [mixed, weight("omega", [6, 12])], name: "back")[0]
    let sum = try graph.add(Add(), [x, back], name: "s")[0]
    let wide = try graph.add(Linear(), [sum, weight("w1", [9, 6])], name: "wide")[0]
    let bent = try graph.add(Activate(.silu), [wide], name: "bend")[0]
    let narrow = try graph.add(Linear(), [bent, weight("w2", [6, 9])], name: "narrow")[0]
    graph.outputs = try graph.add(Add(), [sum, narrow], name: "end")

    let groups = PruningGroups(of: graph, state: x).groups
    #expect(groups.map(\.name) == ["back", "narrow"])
    #expect(groups.map(\.kind) == [.heads, .neurons])
    #expect(groups.map(\.unitCount) == [3, 9])
    #expect(groups.map(\.unitSize) == [4, 1])
    #expect(Set(names(groups[0].producers, in: graph)) == ["alpha", "mu", "zeta"])
    #expect(groups.map(\.consumerBias) == [nil, nil])
    #expect(groups.map(\.macsPerUnit) == [4 * 5 * 6 * 4 + 2 * 5 * 5 * 4, 2 * 5 * 6])
  }

  /// A product whose result is not only added to a stream keeps a unit.
  @Test(arguments: ["nothing", "gate", "scaled", "read twice", "output", "another shape"])
  func keepsAUnitWhereTheResultIsNoBranch(behind: String) throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 2, 3]))
    let side = graph.addInput("side", TensorType([.batch, 3]))
    func linear(_ x: ValueID, _ name: String, _ shape: [Int]) throws -> ValueID {
      try graph.add(Linear(), [x, graph.addWeight(name, shape: shape)], name: name)[0]
    }
    let product = try linear(linear(x, "up", [8, 3]), "down", [3, 8])
    switch behind {
    case "nothing": graph.outputs = [product]
    case "gate":
      let gated = try graph.add(Gate(), [product, side], name: "gate")[0]
      graph.outputs = [try linear(gated, "end", [3, 3])]
    case "scaled":
      let norm = try graph.add(LayerNorm(epsilon: 1), [product], name: "norm")[0]
      graph.outputs = try graph.add(Add(), [x, norm], name: "sum")
    case "read twice":
      graph.outputs = try graph.add(Add(), [product, product], name: "sum")
    case "output":
      graph.outputs = try graph.add(Add(), [x, product], name: "sum") + [product]
    default:
      let row = graph.addWeight("row", shape: [3])
      graph.outputs = try graph.add(Add(), [product, row], name: "sum")
    }
    let groups = PruningGroups(of: graph, state: x).groups
    let group = try #require(groups.first { $0.name == "down" })
    #expect(group.leastUnits == 1)
  }

  /// An axis whose consumers' results come back to it is a stream, and stays.
  @Test func pinsStreams() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 3]))
    func linear(_ x: ValueID, _ name: String, _ shape: [Int]) throws -> ValueID {
      try graph.add(Linear(), [x, graph.addWeight(name, shape: shape)], name: name)[0]
    }
    let stream = try linear(x, "enter", [8, 3])
    let branch = try linear(linear(stream, "up", [5, 8]), "down", [8, 5])
    let sum = try graph.add(Add(), [stream, branch], name: "sum")[0]
    graph.outputs = [try linear(sum, "leave", [3, 8])]
    let found = PruningGroups(of: graph, state: x)
    #expect(found.groups.map(\.name) == ["down"])
    #expect(
      found.pinned == [
        PinnedAxis(
          name: "up", extent: 8,
          reason: "a residual stream: 2 weights take it up, and what they give is added to it")
      ])
  }

  private func names(_ ids: [ValueID], in graph: Graph) -> [String] { ids.map { graph[$0].name } }

  /// A mask that has elements for each head keeps the heads; one that serves all does not.
  @Test(arguments: [1, 2], [true, false]) func masksOfHeads(heads: Int, isWeight: Bool) throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 3, 8]))
    let mask =
      isWeight
      ? graph.addWeight("mask", shape: [1, heads, 3, 3])
      : graph.addInput("mask", TensorType([.batch, Dimension(heads), 3, 3]))
    let rows = try ["q", "k", "v"].map { name in
      try graph.add(Linear(), [x, graph.addWeight(name, shape: [8, 8])], name: name)[0]
    }
    let heard = try graph.add(Attention(headSize: 4, scale: 1), rows + [mask], name: "attention")
    let out = try graph.add(
      Linear(), [heard[0], graph.addWeight("o", shape: [8, 8])], name: "out")
    graph.outputs = try graph.add(Add(), [out[0], x], name: "sum")
    let found = PruningGroups(of: graph, state: x).groups
    #expect(found.map(\.unitCount) == (heads == 1 ? [2] : []))
  }
}
