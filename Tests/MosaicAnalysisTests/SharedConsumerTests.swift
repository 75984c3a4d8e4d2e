import MosaicCore
import MosaicIR
import MosaicKernels
import MosaicLowering
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

/// Groups that are not one product between two others: two that share a consumer, and one with two
/// consumers.
@Suite struct SharedConsumerTests {
  private struct RandomWeights: WeightSource {
    var graph: Graph

    func tensor(_ name: String) -> TensorView? {
      guard let id = graph.weight(named: name) else { return nil }
      let shape = graph[id].type.sampleShape
      var random = SplitMix64(seed: UInt64(id.index))
      return TensorView(random.floats(shape.reduce(1, *)), shape: shape)
    }
  }

  private let graph: Graph
  private let groups: [PruningGroup]
  private let dense: DenseNetwork

  init() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 5, 6]))
    func linear(_ x: ValueID, _ name: String, _ outputs: Int) throws -> ValueID {
      let inner = graph[x].type.shape.last?.factor ?? 0
      return try graph.add(
        Linear(), [x, graph.addWeight(name, shape: [outputs, inner])], name: name)[0]
    }
    let qkv = try ["q", "k", "v"].map { try linear(x, $0, 12) }
    let heads = try graph.add(Attention(headSize: 4, scale: 0.5), qkv, name: "heads")[0]
    let wide = try graph.add(Activate(.silu), [linear(x, "up", 7)], name: "wide")[0]
    let joined = try graph.add(Concat(axis: 2), [heads, wide], name: "joined")[0]
    let both = try linear(joined, "both", 6)
    let sum = try graph.add(Add(), [x, both], name: "sum")[0]
    let more = try linear(sum, "more", 9)
    let head = try graph.add(Slice(axis: 1, start: 0, count: 2), [more], name: "head")[0]
    let tail = try graph.add(Slice(axis: 1, start: 2, count: 3), [more], name: "tail")[0]
    graph.outputs = [try linear(head, "first", 6), try linear(tail, "second", 6)]
    self.graph = graph
    groups = PruningGroups(of: graph, state: x).groups
    dense = try DenseNetwork(graph, weights: RandomWeights(graph: graph))
  }

  private func moments(_ consumer: Int) -> GramStatistics {
    let width = groups.consumers[consumer].columns
    var random = SplitMix64(seed: 100 + UInt64(consumer))
    return GramStatistics(width: width, inputs: random.floats(10 * width * width))
  }

  @Test(arguments: [Criterion.obs, .magnitude, .random])
  func everyCriterionGivesWholeNetworks(criterion: Criterion) throws {
    try #require(groups.map(\.name) == ["both", "both", "first"])
    #expect(groups.consumers.map(\.name) == ["both", "first", "second"])
    let pruner = Pruner(
      dense: dense, groups: groups, criterion: criterion, seed: 4, threads: 1)
    let orders = try pruner.order { moments($0) }
    let networks = try orders.networks(removing: [[1, 3, 4], [0, 3, 0], [2, 0, 8]])
    for (network, counts) in zip(networks, [[1, 3, 4], [0, 3, 0], [2, 0, 8]]) {
      try network.graph.verify()
      #expect(zip(groups, network.kept).map { $0.unitCount - $1.count } == counts)
      let saved = zip(groups, counts).reduce(0) { $0 + $1.0.macsPerUnit * $1.1 }
      #expect(network.macs == graph.macs - saved)
    }
  }

  /// What the shared consumer becomes is the solve for all that both groups lost.
  @Test func oneSolveForAllColumnsLost() throws {
    let pruner = Pruner(dense: dense, groups: groups, criterion: .obs, seed: 4, threads: 1)
    let network = try pruner.order { moments($0) }.networks(removing: [[1, 3, 4]])[0]
    for (number, consumer) in groups.consumers.enumerated() {
      let lost = zip(groups, network.kept).flatMap { group, kept in
        group.consumptions.filter { $0.consumer == consumer }.flatMap { use in
          use.places.elements(of: (0..<group.unitCount).filter { !kept.contains($0) })
        }
      }.sorted()
      #expect(lost.count == (number == 0 ? 4 + 3 : 4))
      let weight = dense.floats(consumer.weight)
      let expected = try SecondOrderRefit(
        weight: weight, outputs: 6, statistics: moments(number), unitSize: 1
      ).refit(removing: lost)
      #expect(network.replacements[consumer.weight] == .values(expected.weight))
    }
  }
}
