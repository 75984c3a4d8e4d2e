import MosaicBundle
import MosaicCore
import MosaicIR
import MosaicImport
import MosaicLowering
import MosaicSurgery
import MosaicTestSupport
import Testing

/// Pruned networks on the fast path, against the dense one with zeros in its consumers.
@Suite struct PrunedExecutorTests {
  /// Takes some weights from elsewhere.
  private struct Masked: WeightSource {
    var base: any WeightSource
    var replaced: [String: TensorView]
    func tensor(_ name: String) -> TensorView? { replaced[name] ?? base.tensor(name) }
  }

  /// The same products, added in another order: 1e-5 of the largest output.
  @Test(arguments: 0..<4)
  func equalsTheMaskedNetwork(seed: UInt64) throws {
    _ = try expectSlicedEqualsMasked(seed: seed, empty: [])
  }

  /// Groups that keep nothing: the branch is a bias, added by an instruction of its own.
  @Test(arguments: [[0], [3], [0, 1], [1, 2], [0, 1, 2, 3]])
  func equalsTheMaskedNetworkWithoutSubLayers(empty: [Int]) throws {
    let program = try expectSlicedEqualsMasked(seed: 5, empty: Set(empty))
    var counts = (addRow: 0, gatedAdd: 0, attention: 0)
    for instruction in program.instructions {
      switch instruction.operation {
      case .addRow: counts.addRow += 1
      case .gatedAdd: counts.gatedAdd += 1
      case .attention: counts.attention += 1
      default: break
      }
    }
    let heads = empty.count { $0.isMultiple(of: 2) }
    #expect(counts == (empty.count, 4 - empty.count, 2 - heads))
    for number in empty {
      let kind = number.isMultiple(of: 2) ? "attn1" : "ff"
      let left = program.weights.map(\.name).filter {
        $0.hasPrefix("transformer_blocks.\(number / 2).\(kind).")
      }
      #expect(left.count == 1 && left[0].hasSuffix(".bias"))
    }
  }

  private func expectSlicedEqualsMasked(
    seed: UInt64, empty: Set<Int>, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Program {
    let model = try CheckpointImporter(path: Fixtures.path("tiny-dit")).load()
    let dense = try DenseNetwork(model.graph, weights: model.weights)
    var random = SplitMix64(seed: seed)
    var masked = Masked(base: model.weights, replaced: [:])
    var removals: [UnitRemoval] = []
    let groups = PruningGroups(of: model.graph, state: model.graph.inputs[0]).groups
    for (number, group) in groups.enumerated() {
      let some = [0] + (1..<group.unitCount).filter { _ in random.next() & 1 == 0 }
      let kept = empty.contains(number) ? [] : some
      let isKept = Set(kept)
      let bias = random.floats(32)
      var weight = dense.floats(group.consumer)
      let cut = removalWithoutRefit(
        of: weight, outputs: 32, unitSize: group.unitSize, kept: kept)
      for index in weight.indices
      where !isKept.contains(index % group.width / group.unitSize) { weight[index] = 0 }
      masked.replaced[model.graph[group.consumer].name] = TensorView(
        weight, shape: [32, group.width])
      let consumerBias = try #require(group.consumerBias)
      masked.replaced[model.graph[consumerBias].name] = TensorView(
        zip(dense.floats(consumerBias), bias).map { $0 + $1 }, shape: [32])
      removals.append(
        UnitRemoval(kept: kept, weight: cut.weight, biasChange: bias, loss: .nan))
    }
    let recording = try Recording(path: Fixtures.path("tiny-dit/golden.safetensors"))
    let inputs = [
      "hidden_states": Tensor(try recording.floats("hidden_states"), shape: [2, 4, 8, 8]),
      "timestep": Tensor(try recording.floats("timestep"), shape: [2]),
      "class_labels": Tensor(try recording.integers("class_labels"), shape: [2]),
    ]
    let expected = try DenseNetwork(model.graph, weights: masked).executor(threads: 1)
      .output(inputs, samples: 2)
    let pruned = try PrunedNetwork(model.graph, groups: groups, removals: removals)
    let executor = try pruned.executor(of: dense, threads: 1)
    let found = executor.output(inputs, samples: 2)
    #expect(relativeError(found, expected) <= 1e-5, sourceLocation: sourceLocation)
    return executor.program
  }
}
