import MosaicCore
import MosaicImport
import MosaicSurgery
import MosaicTestSupport

@testable import MosaicIR

/// An exported network with random weights, its groups, and inputs recorded with it.
struct TinyNetwork {
  let graph: Graph
  let weights: DerivedWeights
  let state: ValueID
  let groups: PruningGroups
  private let inputs: [String: Tensor]

  /// - Parameters:
  ///   - path: The ONNX file.
  ///   - recording: Inputs by the network's own names.
  init(_ path: String, recording: String) throws {
    let model = try ONNXModel(path: path)
    let network =
      try (try? model.network(ONNXBinding(freesBatch: true))) ?? model.network(ONNXBinding())
    let simplified = try network.graph.simplified(weights: network.weights)
    graph = simplified.graph
    weights = simplified.weights
    let sample = network.sampleInput.map { network.graph[$0].name }
    guard let state = simplified.graph.inputs.first(where: { simplified.graph[$0].name == sample })
    else { throw GraphError.missingOutput("sample") }
    self.state = state
    groups = PruningGroups(of: simplified.graph, state: state)
    let file = try SafetensorsReader(path: recording)
    var inputs: [String: Tensor] = [:]
    for input in graph.inputs {
      guard let view = file.tensor(graph[input].name) else { continue }
      inputs[graph[input].name] = Cast(to: graph[input].type.element).evaluate([Tensor(view)])[0]
    }
    self.inputs = inputs
  }

  /// The groups' share of all multiply-accumulates.
  var share: Double {
    Double(groups.groups.reduce(0) { $0 + $1.unitCount * $1.macsPerUnit }) / Double(graph.macs)
  }

  /// A share of each group's units gone, drawn by number; norm by norm alike.
  func kept(removing share: Double) -> [[Int]] {
    groups.groups.enumerated().map { number, group in
      let importance = randomImportance(units: group.unitCount, seed: 7, stream: UInt64(number))
      let fewest = group.balance
      return importance.unitsKept(
        removing: max(fewest, group.removalCount(at: share)), balance: group.balance)
    }
  }

  /// What consumers become without the columns of what is gone, nothing refitted.
  func cuts(_ kept: [[Int]]) -> [ConsumerRefit?] {
    groups.groups.consumers.map { consumer in
      ConsumerRefit(
        of: floats(consumer.weight), columns: consumer.columns,
        removing: lostColumns(of: consumer, kept))
    }
  }

  /// What consumers become, refitted to what they read of the recorded inputs.
  func refits(_ kept: [[Int]]) throws -> [ConsumerRefit?] {
    let consumers = groups.groups.consumers
    var moments = consumers.map { GramStatistics(width: $0.columns) }
    _ = try graph.interpret(
      inputs: inputs, weights: { id in weights.tensor(graph[id].name).map { Tensor($0) } },
      observe: { node, operands, results in
        guard node.inputs.count > 1,
          let index = consumers.firstIndex(where: { $0.weight == node.inputs[1] })
        else { return }
        moments[index] = GramStatistics(
          width: consumers[index].columns, inputs: rows(node, operands, results[0].shape))
      })
    return try zip(consumers, moments).map { consumer, moments in
      let weight = floats(consumer.weight)
      return try SecondOrderRefit(
        weight: weight, outputs: weight.count / consumer.columns, statistics: moments, unitSize: 1
      ).refit(removing: lostColumns(of: consumer, kept))
    }
  }

  /// What each weight of a product or convolution meets, row by row.
  private func rows(_ node: Graph.Node, _ operands: [Tensor], _ output: [Int]) -> [Float] {
    guard let convolution = node.operation as? Convolution else { return operands[0].floats }
    let (x, shape, kernel) = (operands[0].floats, operands[0].shape, operands[1].shape[2])
    var rows: [Float] = []
    for sample in 0..<shape[0] {
      for place in 0..<output[2] * output[3] {
        for column in 0..<shape[1] * kernel * kernel {
          let row =
            place / output[3] * convolution.stride - convolution.padding + column / kernel % kernel
          let at = place % output[3] * convolution.stride - convolution.padding + column % kernel
          let channel = sample * shape[1] + column / kernel / kernel
          let isInside = (0..<shape[2]).contains(row) && (0..<shape[3]).contains(at)
          rows.append(isInside ? x[(channel * shape[2] + row) * shape[3] + at] : 0)
        }
      }
    }
    return rows
  }

  /// - Parameter refits: By default what is left as it is.
  func sliced(_ kept: [[Int]], refits: [ConsumerRefit?]? = nil) throws -> [Float] {
    let network = try PrunedNetwork(
      graph, groups: groups.groups, kept: kept, refits: refits ?? cuts(kept))
    try network.graph.verify()
    return try network.graph.interpret(
      inputs: inputs, weights: { id in slice(id, of: network) })[0].floats
  }

  /// The dense graph where what is gone is read by no consumer, and norms take their statistics over
  /// the kept channels.
  func masked(_ kept: [[Int]]) throws -> [Float] {
    var masked = graph
    for (group, kept) in zip(groups.groups, kept) where group.balance > 1 {
      for (index, node) in graph.nodes.enumerated() {
        guard let norm = node.operation as? GroupNorm,
          let axis = group.axes.first(where: { $0.value == node.inputs[0] && $0.axis == 1 })
        else { continue }
        masked.nodes[index].operation = MaskedGroupNorm(
          groups: norm.groups, epsilon: norm.epsilon, kept: axis.places.elements(of: kept))
      }
    }
    let lost = Dictionary(
      uniqueKeysWithValues: groups.groups.consumers.map { ($0.weight, lostColumns(of: $0, kept)) })
    let columns = Dictionary(
      uniqueKeysWithValues: groups.groups.consumers.map { ($0.weight, $0.columns) })
    return try masked.interpret(
      inputs: inputs,
      weights: { id in
        guard let lost = lost[id], let width = columns[id] else {
          return weights.tensor(graph[id].name).map { Tensor($0) }
        }
        var values = floats(id)
        for row in stride(from: 0, to: values.count, by: width) {
          for column in lost { values[row + column] = 0 }
        }
        return Tensor(values, shape: graph[id].type.sampleShape)
      })[0].floats
  }

  func dense() throws -> [Float] {
    try graph.interpret(
      inputs: inputs, weights: { id in weights.tensor(graph[id].name).map { Tensor($0) } })[0]
      .floats
  }

  private func lostColumns(of consumer: GroupConsumer, _ kept: [[Int]]) -> [Int] {
    zip(groups.groups, kept).flatMap { group, kept in
      let gone = (0..<group.unitCount).filter { !kept.contains($0) }
      return group.consumptions.filter { $0.consumer == consumer }
        .flatMap { $0.places.elements(of: gone) }
    }.sorted()
  }

  private func floats(_ id: ValueID) -> [Float] {
    weights.tensor(graph[id].name).map { Tensor($0).floats } ?? []
  }

  private func slice(_ id: ValueID, of network: PrunedNetwork) -> Tensor? {
    let shape = network.graph[id].type.shape(batch: 1)
    switch network.replacements[id] {
    case nil: return weights.tensor(graph[id].name).map { Tensor($0) }
    case .values(let values): return Tensor(values, shape: shape)
    case .added(let change):
      return Tensor(zip(floats(id), change).map { $0 + $1 }, shape: shape)
    case .rows(let rows):
      let whole = floats(id)
      let width = whole.count / graph[id].type.sampleShape[0]
      return Tensor(rows.flatMap { whole[$0 * width..<($0 + 1) * width] }, shape: shape)
    }
  }
}

/// A group norm over the kept channels of each group, in f64; the others are normalised with the same
/// statistics, as if they were still there.
struct MaskedGroupNorm: Operator {
  static let name = "masked-group-norm"
  var groups: Int
  var epsilon: Float
  var kept: [Int]

  func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] { [inputs[0]] }

  func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] { [] }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let shape = inputs[0].shape
    let pixels = shape.dropFirst(2).reduce(1, *)
    let length = shape[1] / groups
    let isKept = Set(kept)
    let x = inputs[0].doubles
    var y = x
    for sample in 0..<shape[0] {
      for group in 0..<groups {
        let channels = group * length..<(group + 1) * length
        let counted = channels.filter(isKept.contains).flatMap { channel in
          (0..<pixels).map { x[(sample * shape[1] + channel) * pixels + $0] }
        }
        let mean = counted.reduce(0, +) / Double(counted.count)
        let variance =
          counted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(counted.count)
        for channel in channels {
          for pixel in 0..<pixels {
            let place = (sample * shape[1] + channel) * pixels + pixel
            y[place] = (x[place] - mean) / (variance + Double(epsilon)).squareRoot()
            if inputs.count == 3 {
              y[place] =
                y[place] * inputs[1].number(at: channel) + inputs[2].number(at: channel)
            }
          }
        }
      }
    }
    return [Tensor(doubles: y, shape: shape, as: .f32)]
  }

  func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    evaluate(inputs)[output].number(at: position)
  }
}
