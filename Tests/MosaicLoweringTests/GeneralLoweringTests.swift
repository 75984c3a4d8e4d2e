import MosaicBundle
import MosaicCore
import MosaicIR
import MosaicRuntime
import MosaicTestSupport
import Testing

@testable import MosaicLowering

/// General operations, one at a time: the program against the graph, at a batch of 3.
@Suite struct GeneralLoweringTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var operation: any Operator
    var inputs: [TensorType]
    /// Operands that are weights, by number.
    var weights: Set<Int> = []
    var testDescription: String { "\(operation.name) \(operation.attributes) of \(inputs)" }

    init(_ operation: any Operator, _ inputs: [[Dimension]], weights: Set<Int> = []) {
      self.operation = operation
      self.inputs = inputs.map { TensorType($0) }
      self.weights = weights
    }
  }

  private static let n = Dimension.batch
  private static let rows6 = Dimension(6, power: 1)

  static let elementwise: [Case] =
    [
      ElementwiseUnary.Function.absolute, .ceiling, .cosine, .erf, .exponential, .floor, .geluErf,
      .geluTanh, .negate, .rectify, .round, .sigmoid, .sign, .silu, .sine, .softplus, .tanh,
    ].map { Case(ElementwiseUnary($0), [[n, 3, 4]]) } + [
      Case(ElementwiseBinary(.multiply), [[n, 3, 4], [n, 3, 4]]),
      Case(ElementwiseBinary(.subtract), [[n, 3, 4], [n, 1, 4]]),
      Case(ElementwiseBinary(.add), [[n, 3, 4], [3, 1]], weights: [1]),
      Case(ElementwiseBinary(.subtract), [[], [n, 3, 4]], weights: [0]),
      Case(ElementwiseBinary(.maximum), [[1, 2, 4], [n, 1, 4]], weights: [0]),
      Case(ElementwiseBinary(.multiply), [[rows6, 1], [1, 4]], weights: [1]),
      Case(ElementwiseBinary(.multiply), [[n], [1]], weights: [1]),
      // What samples do not have of their own.
      Case(ElementwiseBinary(.multiply), [[n, 3, 4], [3, 4]]),
      Case(ElementwiseBinary(.multiply), [[n, 3, 4], [1, 1, 4]]),
      Case(Add(), [[n, 2, 3, 4], [3, 4]]), Case(Gate(), [[n, 3, 4], [n, 4]]),
      Case(Modulate(), [[n, 3, 4], [n, 4], [n, 4]]),
    ]

  static let norms: [Case] = [
    Case(GroupNorm(groups: 2, epsilon: 1e-5), [[n, 4, 3, 3], [4], [4]], weights: [1, 2]),
    Case(GroupNorm(groups: 4, epsilon: 1e-5), [[n, 4, 5]]),
    Case(RMSNorm(epsilon: 1e-6), [[n, 3, 2, 8], [8]], weights: [1]),
    Case(Softmax(), [[n, 2, 3, 5]]),
    Case(Reduce(.mean, axes: [2], keepsAxes: false), [[n, 3, 4, 5]]),
    Case(Reduce(.sumOfSquares, axes: [1, 3], keepsAxes: true), [[n, 3, 4, 5]]),
    Case(Reduce(.maximum, axes: [2, 3], keepsAxes: false), [[n, 3, 4, 5]]),
  ]

  static let products: [Case] = [
    Case(MatMul(), [[n, 2, 3, 4], [n, 2, 4, 5]]), Case(MatMul(), [[n, 3, 4], [n, 4, 5]]),
    Case(MatMul(), [[n, 3, 4], [4, 5]], weights: [1]),
    Case(MatMul(), [[n, 4], [4, 5]], weights: [1]),
    Case(MatMul(), [[3, 4], [n, 4, 5]], weights: [0]),
    Case(MatMul(), [[n, 2, 3, 4], [4, 5]]),
    Case(
      GroupedConvolution(
        window: Window(
          extents: [3, 3], strides: [2, 2], dilations: [1, 1], before: [0, 0], after: [1, 1]),
        groups: 1), [[n, 2, 6, 6], [3, 2, 3, 3], [3]], weights: [1, 2]),
  ]

  private static func window(
    _ extents: [Int], strides: [Int]? = nil, dilations: [Int]? = nil, pads: [Int]
  ) -> Window {
    let ones = extents.map { _ in 1 }
    return Window(
      extents: extents, strides: strides ?? ones, dilations: dilations ?? ones, before: pads,
      after: pads)
  }

  /// Groups, dilations, oblong windows, one and three axes, and the largest of a window.
  static let windows: [Case] = [
    Case(
      GroupedConvolution(window: window([3, 3], dilations: [2, 2], pads: [2, 2]), groups: 1),
      [[n, 2, 7, 6], [4, 2, 3, 3], [4]], weights: [1, 2]),
    Case(
      GroupedConvolution(window: window([3, 2], strides: [2, 1], pads: [1, 0]), groups: 2),
      [[n, 4, 7, 6], [6, 2, 3, 2]], weights: [1]),
    Case(
      GroupedConvolution(window: window([3, 3], pads: [1, 1]), groups: 4),
      [[n, 4, 5, 5], [4, 1, 3, 3], [4]], weights: [1, 2]),
    Case(
      GroupedConvolution(window: window([3], pads: [1]), groups: 1), [[n, 2, 9], [3, 2, 3], [3]],
      weights: [1, 2]),
    Case(
      GroupedConvolution(window: window([2, 1, 2], pads: [0, 0, 1]), groups: 3),
      [[n, 3, 3, 2, 4], [3, 1, 2, 1, 2]], weights: [1]),
    Case(Pool(.maximum, window: window([3, 2], strides: [2, 1], pads: [1, 0])), [[n, 2, 6, 5]]),
    Case(
      Pool(
        .maximum,
        window: Window(extents: [3], strides: [2], dilations: [1], before: [0], after: [1]),
        overhang: [1]), [[n, 2, 8]]),
  ]

  static let attention: [Case] = [
    Case(
      Attention(headSize: 4, scale: 0.5), [[n, 5, 8], [n, 7, 8], [n, 7, 8], [n, 1, 1, 7]]),
    Case(
      Attention(headSize: 4, scale: 0.5), [[n, 5, 8], [n, 7, 8], [n, 7, 8], [1, 2, 5, 7]],
      weights: [3]),
    Case(
      RotaryEmbedding(pairs: .neighbours), [[n, 3, 2, 6], [1, 3, 1, 6], [1, 3, 1, 6]],
      weights: [1, 2]),
    Case(RotaryEmbedding(pairs: .halves), [[n, 2, 3, 6], [n, 1, 3, 6], [n, 1, 3, 6]]),
  ]

  static let movements: [Case] = [
    Case(Slice(axis: 1, start: 1, count: 2), [[n, 4, 3]]),
    Case(Slice(axis: 2, start: 2, step: -2, count: 2), [[n, 4, 3]]),
    Case(Split(parts: 2), [[n, 3, 8]]), Case(Split(parts: 2), [[rows6, 4]]),
    Case(Transpose(order: [0, 3, 1, 2]), [[n, 2, 3, 4]]),
    Case(Transpose(order: [1, 0]), [[3, 4]]),
    Case(Concat(axis: 1), [[n, 2, 3], [n, 4, 3]]), Case(Concat(axis: 2), [[n, 2, 3], [n, 2, 1]]),
    Case(Concat(axis: 1), [[rows6, 2], [rows6, 3]]),
    Case(Tile(repeats: [1, 2, 3]), [[n, 2, 3]]), Case(Expand(to: [n, 2, 5]), [[n, 2, 1]]),
    Case(Expand(to: [n, 2, 5]), [[2, 1], [n, 7]]),
    Case(Expand(to: [n, 2, 5]), [[1, 2, 1], [n, 7]], weights: [0]),
    Case(Pad(before: [0, 1, 0], after: [0, 0, 2]), [[n, 2, 3]]),
    Case(Pad(before: [0, 0, 2], after: [0, 1, 2], mode: .reflect), [[n, 2, 3]]),
    Case(Pad(before: [0, 0, 2], after: [0, 1, 2], mode: .edge), [[n, 2, 3]]),
    Case(Pad(before: [0, 0, 2], after: [0, 0, 1], mode: .wrap), [[n, 2, 3]]),
    Case(
      Resample(
        axis: 2, sums: [0, 0, 1, 1].map { Resample.Sum(sources: [$0], weights: [1]) }),
      [[n, 3, 2, 2]]),
    Case(Reshape(to: [rows6, 4]), [[n, 3, 8]]), Case(Cast(to: .f32), [[n, 3]]),
  ]

  @Test(arguments: elementwise + norms + products + movements + windows + attention)
  func equalsTheGraph(example: Case) throws {
    let batch = 3
    var graph = Graph()
    var random = SplitMix64(seed: 5)
    var inputs: [String: Tensor] = [:]
    var weights: [String: TensorView] = [:]
    var operands: [ValueID] = []
    for (index, type) in example.inputs.enumerated() {
      let name = "x\(index)"
      let shape = type.shape(batch: batch)
      let values = random.floats(shape.reduce(1, *)).map { 2 * $0 - 0.7 }
      if example.weights.contains(index) {
        operands.append(graph.addWeight(name, shape: shape))
        weights[name] = TensorView(values, shape: shape)
      } else {
        operands.append(graph.addInput(name, type))
        inputs[name] = Tensor(values, shape: shape)
      }
    }
    // The last of the results, behind an operation that nothing fuses with.
    let results = try graph.add(example.operation, operands, name: "y")
    let last = try #require(results.last)
    graph.outputs = try graph.add(ElementwiseUnary(.negate), [last], name: "minus")
    let dense = try DenseNetwork(graph, weights: Stored(views: weights))
    let executor = try dense.executor(threads: 1)
    let expected = try dense.interpreted(inputs)
    // Samples hold copies of what they share.
    let given = Dictionary(
      uniqueKeysWithValues: graph.inputs.map { id -> (String, Tensor) in
        let tensor = inputs[graph[id].name] ?? Tensor([], shape: [0])
        guard graph[id].type.isFixed else { return (graph[id].name, tensor) }
        return (
          graph[id].name,
          Tensor((0..<batch).flatMap { _ in tensor.floats }, shape: [batch] + tensor.shape)
        )
      })
    let found = executor.output(given, samples: batch)
    if graph[last].type.isFixed {
      #expect(relativeError(Array(found.prefix(expected.count)), expected) <= 1e-6)
    } else {
      #expect(relativeError(found, expected) <= 1e-6)
    }
  }

  @Test func selects() throws {
    var graph = Graph()
    let a = graph.addInput("a", TensorType([.batch, 2, 3]))
    let b = graph.addInput("b", TensorType([.batch, 1, 3]))
    let isLess = try graph.add(ElementwiseBinary(.less), [a, b], name: "less")[0]
    let isNot = try graph.add(ElementwiseUnary(.not), [isLess], name: "not")[0]
    graph.outputs = try graph.add(Select(), [isNot, a, b], name: "larger")
    var random = SplitMix64(seed: 6)
    let inputs = [
      "a": Tensor(random.floats(12), shape: [2, 2, 3]),
      "b": Tensor(random.floats(6), shape: [2, 1, 3]),
    ]
    let dense = try DenseNetwork(graph, weights: Stored(views: [:]))
    let found = try dense.executor(threads: 1).output(inputs, samples: 2)
    #expect(try found == dense.interpreted(inputs))
  }

  /// A group norm takes the activation behind it along.
  @Test func fusesTheActivation() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 4, 9]))
    let norm = try graph.add(GroupNorm(groups: 2, epsilon: 1e-5), [x], name: "norm")[0]
    graph.outputs = try graph.add(Activate(.silu), [norm], name: "silu")
    let lowered = try graph.lowered()
    #expect(
      lowered.program.instructions.map(\.operation) == [
        .general(
          .groupNorm(
            groups: 2, channels: 4, pixels: 9, epsilon: 1e-5, isAffine: false, activation: .silu))
      ])
  }

  private struct Stored: WeightSource {
    var views: [String: TensorView]
    func tensor(_ name: String) -> TensorView? { views[name] }
  }
}
