import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

@testable import MosaicSurgery

/// Zeroing equals removing: a dense graph whose consumers have zeros in the removed units' columns,
/// against the graph that lost the units.
///
/// Both add the same products in another order: 1e-5 of the largest output.
@Suite struct MaskedNetworkTests {
  private let graph: Graph
  private let dense: [ValueID: [Float]]
  private let groups: [PruningGroup]
  private let inputs: [String: Tensor]

  init() throws {
    let model = try CheckpointImporter(path: Fixtures.path("tiny-dit")).load()
    let recording = try Recording(path: Fixtures.path("tiny-dit/golden.safetensors"))
    graph = model.graph
    groups = PruningGroups(of: graph, state: graph.inputs[0]).groups
    dense = try Dictionary(
      uniqueKeysWithValues: graph.weights.map { [graph] id in
        (id, try #require(try model.weights.tensor(graph[id].name)?.floats()))
      })
    inputs = [
      "hidden_states": Tensor(try recording.floats("hidden_states"), shape: [2, 4, 8, 8]),
      "timestep": Tensor(try recording.floats("timestep"), shape: [2]),
      "class_labels": Tensor(try recording.integers("class_labels"), shape: [2]),
    ]
  }

  @Test(arguments: Criterion.allCases, [0.1, 0.5, 0.9])
  func equalsTheSlicedNetwork(criterion: Criterion, sparsity: Double) throws {
    let removals = try groups.enumerated().map { index, group in
      try removal(from: group, number: index, criterion, sparsity)
    }
    try expectMaskedEqualsSliced(removals)
  }

  @Test(arguments: 0..<6)
  func equalsTheSlicedNetworkForAnyKeptUnits(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let moments = try statistics()
    let removals = try groups.enumerated().map { index, group -> UnitRemoval? in
      let kept = (0..<group.unitCount).filter { _ in random.next() & 1 == 0 }
      return try refit(group, moments[index]).refit(kept: kept)
    }
    try expectMaskedEqualsSliced(removals)
  }

  @Test(arguments: [[0], [1], [0, 1], [1, 2], [0, 1, 2, 3]])
  func equalsTheNetworkWithoutSubLayers(empty: Set<Int>) throws {
    let moments = try statistics()
    let removals = try groups.enumerated().map { index, group -> UnitRemoval? in
      empty.contains(index) ? try refit(group, moments[index]).refit(kept: []) : nil
    }
    try expectMaskedEqualsSliced(removals)

    let network = try PrunedNetwork(graph, groups: groups, removals: removals)
    let saved = empty.reduce(0) { $0 + groups[$1].unitCount * groups[$1].macsPerUnit }
    #expect(network.macs == graph.macs - saved)
    for number in groups.indices where empty.contains(number) {
      #expect(network.kept[number] == [])
      // Of the sub-layer only the bias is left.
      let read = Set(network.graph.nodes.flatMap(\.inputs))
      #expect(read.isDisjoint(with: groups[number].producers + [groups[number].consumer]))
      #expect(groups[number].consumerBias.map(read.contains) == true)
    }
    let bias = Set(empty.compactMap { groups[$0].consumerBias })
    #expect(Set(network.replacements.keys) == bias)
  }

  @Test func leavesAGroupWhole() throws {
    let network = try PrunedNetwork(graph, groups: groups, removals: groups.map { _ in nil })
    #expect(network.replacements == [:])
    #expect(network.macs == graph.macs)
    #expect(network.kept == groups.map { Array(0..<$0.unitCount) })
  }

  @Test func savesWhatTheGroupsSay() throws {
    let counts = [1, 30, 2, 64]
    let removals = zip(groups, counts).map { group, count in
      removalWithoutRefit(
        of: dense[group.consumer] ?? [], outputs: 32, unitSize: group.unitSize,
        kept: Array(count..<group.unitCount))
    }
    let network = try PrunedNetwork(graph, groups: groups, removals: removals)
    try network.graph.verify()
    let saved = zip(groups, counts).reduce(0) { $0 + $1.0.macsPerUnit * $1.1 }
    #expect(network.macs == graph.macs - saved)
  }

  /// Without a mean nothing of the sub-layer is left; with one, a bias is, gated or not.
  @Test(arguments: [true, false], [true, false])
  func removesASubLayerWithoutABias(isGated: Bool, hasMean: Bool) throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 2, 3]))
    let gate = graph.addInput("gate", TensorType([.batch, 3]))
    let up = graph.addWeight("up", shape: [4, 3])
    let down = graph.addWeight("down", shape: [3, 4])
    let last = graph.addWeight("last", shape: [3, 3])
    let hidden = try graph.add(Linear(), [x, up], name: "first")
    var branch = try graph.add(Linear(), [hidden[0], down], name: "second")
    if isGated { branch = try graph.add(Gate(), [branch[0], gate], name: "gated") }
    let sum = try graph.add(Add(), [branch[0], x], name: "sum")
    graph.outputs = try graph.add(Linear(), [sum[0], last], name: "third")
    let group = try #require(PruningGroups(of: graph, state: x).groups.first)
    #expect(group.leastUnits == 0)
    let change: [Float] = hasMean ? [0.5, -0.25, 2] : [0, 0, 0]
    let network = try PrunedNetwork(
      graph, groups: [group],
      removals: [UnitRemoval(kept: [], weight: [], biasChange: change, loss: 1)])
    #expect(network.graph.nodes.map(\.name) == (hasMean ? ["sum", "third"] : ["third"]))
    #expect(network.macs == 2 * 3 * 3)
    let state: [Float] = [1, 2, 3, 4, 5, 6]
    let factor: [Float] = [2, 4, -1]
    let unit: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
    let output = try network.graph.interpret(
      inputs: ["x": Tensor(state, shape: [1, 2, 3]), "gate": Tensor(factor, shape: [1, 3])]
    ) { id in
      if id == last { return Tensor(unit, shape: [3, 3]) }
      guard case .values(let values) = network.replacements[id] else { return nil }
      return Tensor(values, shape: [values.count])
    }
    let expected = state.indices.map { index in
      state[index] + change[index % 3] * (isGated ? factor[index % 3] : 1)
    }
    #expect(output[0].floats == expected)
  }

  /// What is lost has a mean, and a consumer without a bias gains one for it.
  @Test func givesABiasToAConsumerWithoutOne() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 3]))
    let up = graph.addWeight("up", shape: [4, 3])
    let down = graph.addWeight("down", shape: [2, 4])
    let hidden = try graph.add(Linear(), [x, up], name: "first")
    graph.outputs = try graph.add(Linear(), [hidden[0], down], name: "second")
    let groups = PruningGroups(of: graph, state: x).groups
    try #require(groups.count == 1 && groups[0].consumerBias == nil)
    let removal = UnitRemoval(
      kept: [1, 3], weight: [1, 2, 3, 4], biasChange: [0.5, -0.25], loss: 0)
    let network = try PrunedNetwork(graph, groups: groups, removals: [removal])
    let bias = try #require(network.graph.weight(named: "second.bias"))
    #expect(network.graph.nodes[1].inputs.last == bias)
    #expect(network.replacements[bias] == .values([0.5, -0.25]))
    #expect(network.replacements[up] == .rows([1, 3]))
    #expect(network.replacements[down] == .values([1, 2, 3, 4]))
    #expect(network.graph[up].type.shape == [2, 3] && network.graph[down].type.shape == [2, 2])
    try network.graph.verify()
  }
}

extension MaskedNetworkTests {
  private func refit(
    _ group: PruningGroup, _ statistics: GramStatistics
  ) throws -> SecondOrderRefit {
    try SecondOrderRefit(
      weight: dense[group.consumer] ?? [], outputs: 32, statistics: statistics,
      unitSize: group.unitSize)
  }

  private func removal(
    from group: PruningGroup, number: Int, _ criterion: Criterion, _ sparsity: Double
  ) throws -> UnitRemoval {
    let weight = dense[group.consumer] ?? []
    let count = group.removalCount(at: sparsity)
    switch criterion {
    case .obs:
      return try refit(group, statistics()[number]).removals(counts: [count])[0]
    case .magnitude, .random:
      let producers = group.producers.filter { graph[$0].type.rank == 2 }
      let importance =
        criterion == .random
        ? randomImportance(units: group.unitCount, seed: 1, stream: UInt64(number))
        : magnitudeImportance(
          consumer: weight, outputs: 32, unitSize: group.unitSize,
          producers: producers.compactMap { dense[$0] })
      return removalWithoutRefit(
        of: weight, outputs: 32, unitSize: group.unitSize,
        kept: unitsKept(importance: importance, removing: count))
    }
  }

  /// Moments of what the consumers read in one forward.
  private func statistics() throws -> [GramStatistics] {
    var moments = groups.map { GramStatistics(width: $0.width) }
    _ = try graph.interpret(
      inputs: inputs, weights: { id in tensor(dense[id], id, graph) },
      observe: { [groups] node, operands, _ in
        guard let index = groups.firstIndex(where: { $0.name == node.name }) else { return }
        moments[index] = GramStatistics(width: groups[index].width, inputs: operands[0].floats)
      })
    return moments
  }

  private func tensor(_ values: [Float]?, _ id: ValueID, _ graph: Graph) -> Tensor? {
    values.map { Tensor($0, shape: graph[id].type.shape(batch: 1)) }
  }

  private func expectMaskedEqualsSliced(
    _ removals: [UnitRemoval?], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var masked = dense
    for (group, removal) in zip(groups, removals) {
      guard let removal else { continue }
      let columns = columnsOfUnits(removal.kept, unitSize: group.unitSize)
      var weight = [Float](repeating: 0, count: 32 * group.width)
      for output in 0..<32 {
        for (place, column) in columns.enumerated() {
          weight[output * group.width + column] = removal.weight[output * columns.count + place]
        }
      }
      masked[group.consumer] = weight
      if let bias = group.consumerBias {
        masked[bias] = zip(dense[bias] ?? [], removal.biasChange).map { $0 + $1 }
      }
    }
    let expected = try graph.interpret(inputs: inputs) { tensor(masked[$0], $0, graph) }

    let network = try PrunedNetwork(graph, groups: groups, removals: removals)
    try network.graph.verify()
    let output = try network.graph.interpret(inputs: inputs) { id in
      tensor(sliced(id, by: network.replacements[id]), id, network.graph)
    }
    #expect(
      relativeError(output[0].floats, expected[0].floats) <= 1e-5, sourceLocation: sourceLocation)
  }

  /// A weight of the sliced network.
  private func sliced(_ id: ValueID, by replacement: PrunedNetwork.Replacement?) -> [Float] {
    let whole = dense[id] ?? []
    switch replacement {
    case nil: return whole
    case .values(let values): return values
    case .added(let change): return zip(whole, change).map { $0 + $1 }
    case .rows(let rows):
      let width = whole.count / graph[id].type.shape(batch: 1)[0]
      return rows.flatMap { whole[$0 * width..<($0 + 1) * width] }
    }
  }
}
