import MosaicCore
import MosaicIR
import MosaicTestSupport
import Testing

/// Composed patterns, each as one graph before and one after; both compute the same.
@Suite struct SimplificationTests {
  @Test func silu() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 5])
    builder.graph.outputs = [try builder.binary(.multiply, builder.unary(.sigmoid, x), x)]
    try builder.expect(["activate"])
  }

  /// A row of ones as long as the batch, which exporters multiply timesteps by; the other way round
  /// the repetition decides the shape, and stays.
  @Test func operandsThatAreRepeated() throws {
    var builder = PatternBuilder()
    let t = builder.input("t", [.batch])
    let ones = try builder.add(Expand(to: [.batch]), builder.number(1), t)
    builder.graph.outputs = [
      try builder.unary(.cosine, builder.binary(.multiply, t, ones))
    ]
    try builder.expect(["unary"])

    builder = PatternBuilder()
    let x = builder.input("x", [.batch, 1])
    let row = try builder.add(Expand(to: [.batch, 4]), builder.weight(1, 4), x)
    builder.graph.outputs = [try builder.binary(.add, builder.number(2), row)]
    try builder.expect(["expand", "binary"])
  }

  /// As two exporters write it.
  @Test func gelu() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 5])
    let root = try builder.binary(.divide, x, builder.number(Float(2).squareRoot()))
    let sum = try builder.binary(.add, builder.unary(.erf, root), builder.number(1))
    let product = try builder.binary(.multiply, x, sum)
    builder.graph.outputs = [try builder.binary(.multiply, product, builder.number(0.5))]
    try builder.expect(["activate"])

    builder = PatternBuilder()
    let y = builder.input("y", [.batch, 5])
    let half = try builder.binary(.multiply, y, builder.number(0.5))
    let cube = try builder.binary(.power, y, builder.number(3))
    let inner = try builder.binary(
      .add, y, builder.binary(.multiply, cube, builder.number(0.044715)))
    let scaled = try builder.binary(.multiply, inner, builder.number(0.7978846))
    let one = try builder.binary(.add, builder.unary(.tanh, scaled), builder.number(1))
    builder.graph.outputs = [try builder.binary(.multiply, half, one)]
    try builder.expect(["activate"])
  }

  /// Nearly one, and not it: the quick form with 1.702, and one that is cut off far out.
  @Test func otherActivations() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 5])
    let scaled = try builder.binary(.multiply, x, builder.number(1.702))
    builder.graph.outputs = [try builder.binary(.multiply, x, builder.unary(.sigmoid, scaled))]
    try builder.expect(["binary", "unary", "binary"])

    builder = PatternBuilder()
    let y = builder.input("y", [.batch, 5])
    let silu = try builder.binary(.multiply, builder.unary(.sigmoid, y), y)
    builder.graph.outputs = [try builder.binary(.minimum, silu, builder.number(100))]
    try builder.expect(["activate", "binary"])
  }

  @Test func product() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 4, 5])
    let y = try builder.add(MatMul(), x, builder.weight(5, 7))
    builder.graph.outputs = [try builder.binary(.add, builder.weight(7), y)]
    try builder.expect(["linear"])
  }

  /// A weight that is worked out takes no name that another has further on.
  @Test func namesOfDerivedWeights() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 3]))
    let first = graph.addWeight("first", shape: [3, 3])
    let second = graph.addWeight("v.weight", shape: [3, 3])
    let hidden = try graph.add(MatMul(), [x, first], name: "v")
    graph.outputs = try graph.add(Linear(), [hidden[0], second], name: "y")
    let ones = Tensor([Float](repeating: 1, count: 9), shape: [3, 3])
    let twos = Tensor([Float](repeating: 2, count: 9), shape: [3, 3])
    let simplified = try graph.simplified(
      weights: MemoryWeights(tensors: ["first": ones, "v.weight": twos]))
    let result = try simplified.graph.interpret(
      inputs: ["x": Tensor([1, 1, 1] as [Float], shape: [1, 3])],
      weights: { id in simplified.weights.tensor(simplified.graph[id].name).map { Tensor($0) } })
    #expect(result[0].floats == [18, 18, 18])
    #expect(simplified.graph.weight(named: "v.weight'") != nil)
  }

  /// Keys transposed with heads and batch folded into one axis, the scale on both sides.
  @Test func attention() throws {
    var builder = PatternBuilder()
    var heads: [ValueID] = []
    for name in ["q", "k", "v"] {
      let rows = builder.input(name, [.batch, 6, 8])
      let parts = try builder.add(Reshape(to: [.batch, 6, 2, 4]), rows)
      heads.append(try builder.add(Transpose(order: [0, 2, 1, 3]), parts))
    }
    let folded = try builder.add(Reshape(to: [Dimension(2, power: 1), 6, 4]), heads[1])
    let turned = try builder.add(Transpose(order: [0, 2, 1]), folded)
    let keys = try builder.add(Reshape(to: [.batch, 2, 4, 6]), turned)
    let root = builder.number(Float(0.5).squareRoot())
    let scores = try builder.add(
      MatMul(), builder.binary(.multiply, heads[0], root), builder.binary(.multiply, keys, root))
    let y = try builder.add(MatMul(), builder.add(Softmax(), scores), heads[2])
    let back = try builder.add(Transpose(order: [0, 2, 1, 3]), y)
    builder.graph.outputs = [try builder.add(Reshape(to: [.batch, 6, 8]), back)]
    try builder.expect(["attention"])
    let operation = try builder.graph.simplified(weights: builder.weights).graph.nodes[0].operation
    #expect(operation as? Attention == Attention(headSize: 4, scale: 0.5))
  }

  @Test(arguments: [true, false]) func rootMeanSquareNorm(isDivided: Bool) throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 4, 5])
    let squares = try builder.binary(.power, x, builder.number(2))
    let mean = try builder.add(Reduce(.mean, axes: [2], keepsAxes: true), squares)
    let root = try builder.unary(
      .squareRoot, builder.binary(.add, mean, builder.number(1e-6)))
    let normal =
      isDivided
      ? try builder.binary(.divide, x, root)
      : try builder.binary(.multiply, x, builder.unary(.reciprocal, root))
    builder.graph.outputs = [try builder.binary(.multiply, normal, builder.weight(5))]
    try builder.expect(["rms-norm"])
  }

  /// Groups as channels of an instance norm, weights of one and biases of zero on it.
  @Test func groupNorm() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 6, 2, 5])
    let folded = try builder.add(Reshape(to: [.batch, 3, 20]), x)
    let ones = builder.constant(Tensor([1, 1, 1] as [Float], shape: [3]))
    let zeros = builder.constant(Tensor([0, 0, 0] as [Float], shape: [3]))
    let normal = try builder.add(GroupNorm(groups: 3, epsilon: 1e-5), folded, ones, zeros)
    let back = try builder.add(Reshape(to: [.batch, 6, 2, 5]), normal)
    let scaled = try builder.binary(.multiply, back, builder.weight(6, 1, 1))
    builder.graph.outputs = [
      try builder.binary(.add, scaled, builder.weight(1, 6, 1, 1, seed: 2))
    ]
    try builder.expect(["group-norm"])
  }

  /// The same norm where its result keeps the pixels in one axis.
  @Test func groupNormOfFlattenedPixels() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 6, 2, 2])
    let folded = try builder.add(Reshape(to: [.batch, 3, 8]), x)
    let normal = try builder.add(GroupNorm(groups: 3, epsilon: 1e-5), folded)
    let flat = try builder.add(Reshape(to: [.batch, 6, 4]), normal)
    let scaled = try builder.binary(.multiply, flat, builder.weight(6, 1))
    builder.graph.outputs = [try builder.binary(.add, scaled, builder.weight(6, 1, seed: 2))]
    try builder.expect(["reshape", "group-norm"])
  }

  /// One element repeated along an axis is what the sum repeats itself.
  @Test func tiledMask() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 4, 3, 5])
    let mask = builder.input("mask", [.batch, 1, 1, 5])
    let tiled = try builder.add(Tile(repeats: [1, 4, 1, 1]), mask)
    builder.graph.outputs = [try builder.binary(.add, x, tiled)]
    try builder.expect(["binary"])
  }

  /// An embedder that is stored twice is computed once, whatever its weights are called; a product of
  /// every token is left as it is, and so is one with other elements.
  @Test(arguments: [true, false]) func equalEmbedders(isDerived: Bool) throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 4])
    let tokens = builder.input("tokens", [.batch, 2, 4])
    func product(_ x: ValueID, seed: UInt64) throws -> ValueID {
      isDerived
        ? try builder.add(MatMul(), x, builder.weight(4, 3, seed: seed))
        : try builder.add(Linear(), x, builder.weight(3, 4, seed: seed))
    }
    let results = try [product(x, seed: 1), product(x, seed: 1), product(x, seed: 2)]
    let rows = try [product(tokens, seed: 1), product(tokens, seed: 1)]
    builder.graph.outputs = [
      try builder.add(
        Concat(axis: 1), builder.binary(.multiply, results[0], results[2]), results[1]),
      try builder.add(Concat(axis: 1), rows[0], rows[1]),
    ]
    try builder.expect(["linear", "linear", "linear", "linear", "binary", "concat", "concat"])
  }

  @Test func modulationAndGate() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 4, 5])
    let columns = try builder.graph.add(
      Split(parts: 3), [builder.input("c", [.batch, 15])], name: "c")
    var rows: [ValueID] = []
    for column in columns { rows.append(try builder.add(Reshape(to: [.batch, 1, 5]), column)) }
    let factor = try builder.binary(.add, builder.number(1), rows[1])
    let product = try builder.binary(.multiply, x, factor)
    let modulated = try builder.binary(.add, product, rows[0])
    let gated = try builder.binary(.multiply, rows[2], modulated)
    builder.graph.outputs = [try builder.binary(.add, x, gated)]
    try builder.expect(["split", "modulate", "gate", "add"])
  }

  /// Slices of the sinusoids change sines and cosines about.
  @Test func timestepEmbedding() throws {
    var builder = PatternBuilder()
    let t = builder.input("t", [.batch])
    let column = try builder.add(Reshape(to: [.batch, 1]), t)
    let rates = (0..<4).map { Float(1 / pow10($0)) }
    let angles = try builder.binary(
      .multiply, column, builder.constant(Tensor(rates, shape: [1, 4])))
    let joined = try builder.add(
      Concat(axis: 1), builder.unary(.sine, angles), builder.unary(.cosine, angles))
    let second = try builder.add(Slice(axis: 1, start: 4, count: 4), joined)
    let first = try builder.add(Slice(axis: 1, start: 0, count: 4), joined)
    builder.graph.outputs = [try builder.add(Concat(axis: 1), second, first)]
    try builder.expect(["timestep-embedding"])
  }

  /// 10000^(i/4), the frequencies of four sinusoids without a shift.
  private func pow10(_ index: Int) -> Double {
    (0..<index).reduce(1) { product, _ in product * 10 }
  }

  @Test func movements() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 2, 3])
    let turned = try builder.add(Transpose(order: [0, 2, 1]), x)
    let back = try builder.add(Transpose(order: [0, 2, 1]), turned)
    let flat = try builder.add(Reshape(to: [.batch, 6]), back)
    let whole = try builder.add(Reshape(to: [.batch, 2, 3]), flat)
    let same = try builder.add(Cast(to: .f32), builder.add(Expand(to: [.batch, 2, 3]), whole))
    let joined = try builder.add(Concat(axis: 2), same, builder.input("y", [.batch, 2, 1]))
    let cut = try builder.add(Slice(axis: 2, start: 1, count: 2), joined)
    let scaled = try builder.binary(.multiply, cut, builder.number(1))
    builder.graph.outputs = [try builder.unary(.negate, scaled)]
    try builder.expect(["slice", "unary"])
  }

  /// Slices that leave a gap, overlap or differ stay what they are.
  @Test(arguments: [
    ([(0, 2), (2, 2), (4, 2)], true), ([(4, 2), (0, 2), (2, 2)], true),
    ([(0, 2), (2, 2)], false), ([(0, 3), (2, 3)], false), ([(0, 2), (2, 4)], false),
  ])
  func joinsSlices(parts: [(Int, Int)], isSplit: Bool) throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 6])
    var slices: [ValueID] = []
    for (start, count) in parts {
      slices.append(try builder.add(Slice(axis: 1, start: start, count: count), x))
    }
    builder.graph.outputs = slices
    try builder.graph.run([JoinSlices()])
    let names = Set(builder.graph.nodes.map(\.operation.name))
    #expect(names == (isSplit ? ["split"] : ["slice"]))
  }

  /// Along each axis a product with the weights' matrix, from the left.
  @Test func interpolation() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 2, 3, 4])
    func sums(_ extent: Int) -> [Resample.Sum] {
      (0..<2 * extent).map { place in
        Resample.Sum(sources: [place / 2, min(place / 2 + 1, extent - 1)], weights: [0.75, 0.25])
      }
    }
    let wide = try builder.add(Resample(axis: 3, sums: sums(4)), x)
    builder.graph.outputs = [try builder.add(Resample(axis: 2, sums: sums(3)), wide)]
    try builder.expect(["reshape", "matmul", "reshape", "matmul"])
  }

  /// A mean over a box is one of means along its axes, whatever of the box is counted.
  @Test(arguments: [true, false]) func meanPool(countsOutside: Bool) throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [.batch, 2, 6, 5])
    let window = Window(
      extents: [3, 2], strides: [2, 1], dilations: [1, 1], before: [1, 1], after: [2, 0])
    builder.graph.outputs = [
      try builder.add(
        Pool(.mean, window: window, countsOutside: countsOutside, overhang: [1, 0]), x)
    ]
    try builder.expect(["matmul", "reshape", "matmul", "reshape"])
  }
}
