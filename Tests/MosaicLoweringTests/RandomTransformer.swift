import MosaicCore
import MosaicIR
import MosaicLowering
import MosaicTestSupport

/// A small transformer whose sizes, activations and biases follow from a seed.
struct RandomTransformer {
  let graph: Graph
  let weights: RandomWeights
  let tokens: Int
  let channels: Int
  let classes: Int

  init(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var builder = Builder()
    let headSize = [1, 3, 8].randomElement(using: &random) ?? 1
    let width = headSize * Int.random(in: 1...4, using: &random) * 2
    tokens = Int.random(in: 1...9, using: &random)
    channels = Int.random(in: 1...5, using: &random)
    classes = Int.random(in: 1...4, using: &random)
    let x = builder.graph.addInput(
      "x", TensorType([.batch, Dimension(tokens), Dimension(channels)]))
    let t = builder.graph.addInput("t", TensorType([.batch]))
    let label = builder.graph.addInput("label", TensorType([.batch], element: .i32))

    let embedding = TimestepEmbedding(
      width: 8, maxPeriod: 100, frequencyShift: 0, isCosineFirst: random.next() & 1 == 0)
    let time = try builder.linear(
      builder.add(embedding, t, "time"), "time.linear", inner: 8, outer: width)
    let table = builder.graph.addWeight("table", shape: [classes, width])
    let condition = try builder.add(
      Activate(.silu), builder.add(Add(), time, builder.add(Gather(), label, table, "class"), "c"),
      "condition")
    let positions = builder.graph.addWeight("positions", shape: [tokens, width])
    var state = try builder.add(
      Add(), builder.linear(x, "in", inner: channels, outer: width), positions, "embedded")
    for layer in 0..<Int.random(in: 1...3, using: &random) {
      state = try builder.block(layer, state, condition, width, headSize, &random)
    }
    let output = try builder.linear(state, "out", inner: width, outer: channels)
    // Channels first and back, so that views and orders are met.
    let turned = try builder.add(Transpose(order: [0, 2, 1]), output, "turn")
    builder.graph.outputs = [
      try builder.add(
        Reshape(to: [.batch, Dimension(tokens * channels)]), turned, "flatten")
    ]
    graph = builder.graph
    weights = RandomWeights(graph, seed: seed)
  }

  func dense() throws -> DenseNetwork { try DenseNetwork(graph, weights: weights) }

  func inputs(samples: Int, seed: UInt64) -> [String: Tensor] {
    var random = SplitMix64(seed: seed)
    let labels = (0..<samples).map { _ in Int32.random(in: 0..<Int32(classes), using: &random) }
    return [
      "x": Tensor(
        random.floats(samples * tokens * channels), shape: [samples, tokens, channels]),
      "t": Tensor(random.floats(samples).map { 50 * $0 + 50 }, shape: [samples]),
      "label": Tensor(labels, shape: [samples]),
    ]
  }
}

/// Uniform values for every weight of a graph, small enough to keep activations near 1.
struct RandomWeights: WeightSource {
  private var tensors: [String: TensorView] = [:]

  init(_ graph: Graph, seed: UInt64) {
    var random = SplitMix64(seed: seed ^ 0xFF)
    for id in graph.weights {
      let shape = graph[id].type.shape(batch: 1)
      let scale = shape.count > 1 ? 2 / Float(shape[1]).squareRoot() : 0.5
      tensors[graph[id].name] = TensorView(
        random.floats(shape.reduce(1, *)).map { $0 * scale }, shape: shape)
    }
  }

  func tensor(_ name: String) -> TensorView? { tensors[name] }
}

private struct Builder {
  var graph = Graph()

  mutating func add(
    _ operation: any Operator, _ operands: ValueID..., name: String
  ) throws -> ValueID { try graph.add(operation, operands, name: name)[0] }

  mutating func add(_ operation: any Operator, _ a: ValueID, _ name: String) throws -> ValueID {
    try graph.add(operation, [a], name: name)[0]
  }

  mutating func add(
    _ operation: any Operator, _ a: ValueID, _ b: ValueID, _ name: String
  ) throws -> ValueID { try graph.add(operation, [a, b], name: name)[0] }

  mutating func linear(
    _ x: ValueID, _ name: String, inner: Int, outer: Int, hasBias: Bool = true
  ) throws -> ValueID {
    var operands = [x, graph.addWeight("\(name).weight", shape: [outer, inner])]
    if hasBias { operands.append(graph.addWeight("\(name).bias", shape: [outer])) }
    return try graph.add(Linear(), operands, name: name)[0]
  }

  mutating func block(
    _ layer: Int, _ x: ValueID, _ condition: ValueID, _ width: Int, _ headSize: Int,
    _ random: inout SplitMix64
  ) throws -> ValueID {
    let modulation = try linear(condition, "\(layer).mod", inner: width, outer: 6 * width)
    let parts = try graph.add(Split(parts: 6), [modulation], name: "\(layer).parts")
    let hasBias = random.next() & 1 == 0
    var normOperands = [x]
    if random.next() & 1 == 0 {
      normOperands += ["weight", "bias"].map { name in
        graph.addWeight("\(layer).norm.\(name)", shape: [width])
      }
    }
    var branch = try graph.add(LayerNorm(epsilon: 1e-5), normOperands, name: "\(layer).norm")[0]
    branch = try add(Modulate(), branch, parts[0], parts[1], name: "\(layer).modulate")
    let heads = try ["q", "k", "v"].map { part in
      try linear(branch, "\(layer).\(part)", inner: width, outer: width, hasBias: hasBias)
    }
    let attended = try graph.add(
      Attention(headSize: headSize, scale: 0.7), heads, name: "\(layer).attention")[0]
    let projected = try linear(
      attended, "\(layer).o", inner: width, outer: width, hasBias: hasBias)
    let gated = try add(Gate(), projected, parts[2], "\(layer).gate")
    // The sum is the same either way round.
    let middle =
      random.next() & 1 == 0
      ? try add(Add(), x, gated, "\(layer).sum") : try add(Add(), gated, x, "\(layer).sum")
    let hidden = try linear(middle, "\(layer).up", inner: width, outer: 3 * width)
    let function = Activate.Function.allCases.randomElement(using: &random) ?? .silu
    let active = try add(Activate(function), hidden, "\(layer).act")
    let fed = try linear(active, "\(layer).down", inner: 3 * width, outer: width)
    // One residual without a gate, one behind a product of a view.
    let shift = try linear(parts[3], "\(layer).shift", inner: width, outer: width)
    let gate = try add(Gate(), fed, shift, "\(layer).gate2")
    return try add(Add(), middle, gate, "\(layer).sum2")
  }
}
