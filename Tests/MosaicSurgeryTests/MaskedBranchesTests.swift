import MosaicCore
import MosaicIR
import MosaicTestSupport
import Testing

@testable import MosaicSurgery

/// Branches beside the dense graph, against the network that has lost the same channels.
@Suite struct MaskedBranchesTests {
  private let graph: Graph
  private let state: ValueID
  private let groups: [PruningGroup]
  private let weights: [String: Tensor]

  /// Two residual blocks of eight channels in two runs, with a term of the timestep.
  init() throws {
    var graph = Graph()
    var weights: [String: Tensor] = [:]
    var random = SplitMix64(seed: 21)
    func weight(_ name: String, _ shape: [Int]) -> ValueID {
      weights[name] = Tensor(random.floats(shape.reduce(1, *)), shape: shape)
      return graph.addWeight(name, shape: shape)
    }
    state = graph.addInput("x", TensorType([.batch, 4, 3, 3]))
    let time = graph.addInput("t", TensorType([.batch, 5]))
    var x = state
    for block in 0..<2 {
      func add(_ operation: any Operator, _ operands: [ValueID], _ name: String) throws -> ValueID {
        try graph.add(operation, operands, name: "\(block).\(name)")[0]
      }
      let first = try add(
        Convolution(padding: 1),
        [x, weight("\(block).conv1", [8, 4, 3, 3]), weight("\(block).conv1.bias", [8])], "conv1")
      let term = try add(Linear(), [time, weight("\(block).time", [8, 5])], "time")
      let planes = try add(Reshape(to: [.batch, 8, 1, 1]), [term], "planes")
      let sum = try add(ElementwiseBinary(.add), [first, planes], "sum")
      let norm = try add(
        GroupNorm(groups: 2, epsilon: 1e-5),
        [sum, weight("\(block).norm", [8]), weight("\(block).norm.bias", [8])], "norm")
      let active = try add(Activate(.silu), [norm], "silu")
      let second = try add(
        Convolution(padding: 1),
        [active, weight("\(block).conv2", [4, 8, 3, 3]), weight("\(block).conv2.bias", [4])],
        "conv2")
      x = try add(Add(), [second, x], "residual")
    }
    graph.outputs = [x]
    self.graph = graph
    self.weights = weights
    groups = PruningGroups(of: graph, state: state).groups
  }

  private func run(_ graph: Graph, _ more: [ValueID: Tensor] = [:]) throws -> [Float] {
    var random = SplitMix64(seed: 22)
    let inputs = [
      "x": Tensor(random.floats(72), shape: [2, 4, 3, 3]),
      "t": Tensor(random.floats(10), shape: [2, 5]),
    ]
    return try graph.interpret(inputs: inputs) { more[$0] ?? weights[graph[$0].name] }[0].floats
  }

  private func rows(_ kept: [Int], of name: String) -> Tensor {
    let whole = weights[name] ?? Tensor([0], shape: [1])
    let width = whole.count / whole.shape[0]
    return Tensor(
      kept.flatMap { whole.floats[$0 * width..<($0 + 1) * width] },
      shape: [kept.count] + whole.shape.dropFirst())
  }

  @Test func readsWhatTheConsumerWill() throws {
    try #require(groups.count == 2 && groups.allSatisfy { $0.balance == 2 })
    let kept = [[0, 2, 5, 7], [1, 3, 4, 6]]
    let branches = try #require(try MaskedBranches(of: graph, groups: groups, keeping: kept))
    try branches.graph.verify()
    #expect(branches.graph.outputs == graph.outputs)
    #expect(branches.readings.map(\.consumer) == [0, 1])
    let sliced = Dictionary(
      uniqueKeysWithValues: branches.rows.map { id, entry in
        (id, rows(entry.rows, of: graph[entry.source].name))
      })
    // The dense output is what it was.
    #expect(try run(branches.graph, sliced) == run(graph))

    for (number, reading) in branches.readings.enumerated() {
      #expect(
        reading.columns == kept[number].flatMap { $0 * 9..<($0 + 1) * 9 })
      var probed = branches.graph
      probed.outputs = [reading.probe]
      // One group alone: what comes before it is dense.
      let alone = kept.indices.map { $0 == number ? kept[$0] : nil }
      let pruned = try PrunedNetwork(graph, groups: groups, kept: alone, refits: [nil, nil])
      let consumer = try #require(
        pruned.graph.nodes.first { $0.name == "\(number).conv2" })
      var cut = pruned.graph
      cut.outputs = [consumer.inputs[0]]
      let own = Dictionary(
        uniqueKeysWithValues: pruned.replacements.compactMap { id, replacement in
          guard case .rows(let rows) = replacement else { return nil }
          return (id, self.rows(rows, of: graph[id].name))
        } as [(ValueID, Tensor)])
      try cut.run([EliminateDeadNodes()])
      let expected = try run(cut, own)
      let found = try run(probed, sliced).map { -$0 }
      #expect(found.count == 2 * 4 * 9)
      #expect(relativeError(found, expected) <= 1e-6)
    }
  }

  @Test func onlyWhereANormLosesChannels() throws {
    #expect(try MaskedBranches(of: graph, groups: groups, keeping: [nil, nil]) == nil)
    let whole = Array(0..<8)
    #expect(try MaskedBranches(of: graph, groups: groups, keeping: [whole, nil]) == nil)
    let one = try MaskedBranches(of: graph, groups: groups, keeping: [nil, [0, 1, 4, 5]])
    #expect(one?.readings.map(\.consumer) == [1])
    var plain = groups
    plain[1].balance = 1
    #expect(try MaskedBranches(of: graph, groups: plain, keeping: [nil, [0, 1, 4, 5]]) == nil)
  }
}
