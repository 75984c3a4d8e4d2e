import MosaicCore
import MosaicIR
import MosaicTestSupport
import Testing

/// Attention as exporters compose it, with masks, rotary embeddings and norms of queries and keys.
@Suite struct AttentionPatternTests {
  private static let n = Dimension.batch

  /// q, k and v as [n, heads, length, size], of rows [n, length, 8].
  private func heads(_ builder: inout PatternBuilder) throws -> [ValueID] {
    try ["q", "k", "v"].map { name in
      let rows = builder.input(name, [Self.n, 6, 8])
      let parts = try builder.add(Reshape(to: [Self.n, 6, 2, 4]), rows)
      return try builder.add(Transpose(order: [0, 2, 1, 3]), parts)
    }
  }

  private func flat(_ builder: inout PatternBuilder, _ y: ValueID) throws -> ValueID {
    let back = try builder.add(Transpose(order: [0, 2, 1, 3]), y)
    return try builder.add(Reshape(to: [Self.n, 6, 8]), back)
  }

  private func scores(
    _ builder: inout PatternBuilder, _ q: ValueID, _ k: ValueID
  ) throws -> ValueID {
    let keys = try builder.add(Transpose(order: [0, 1, 3, 2]), k)
    let scores = try builder.add(MatMul(), q, keys)
    return try builder.binary(.multiply, scores, builder.number(0.5))
  }

  /// Masks of every shape that repeats to [n, 2, 6, 6], in either order of the sum.
  @Test(
    arguments: [
      [n, 1, 1, 6], [n, 2, 6, 6], [1, 1, 6, 6], [1, 2, 1, 6], [6, 6], [1, 6], [2, 6, 6],
    ] as [[Dimension]], [true, false])
  func masked(shape: [Dimension], isFirst: Bool) throws {
    var builder = PatternBuilder()
    let parts = try heads(&builder)
    let mask = builder.input("mask", shape)
    let product = try scores(&builder, parts[0], parts[1])
    let sum =
      try isFirst
      ? builder.binary(.add, mask, product) : builder.binary(.add, product, mask)
    let y = try builder.add(MatMul(), builder.add(Softmax(), sum), parts[2])
    builder.graph.outputs = [try flat(&builder, y)]
    try builder.expect((shape.count < 4 ? ["reshape"] : []) + ["attention"])
  }

  /// A mask that repeats along the keys is none that the operation takes.
  @Test func maskOfQueries() throws {
    var builder = PatternBuilder()
    let parts = try heads(&builder)
    let product = try scores(&builder, parts[0], parts[1])
    let sum = try builder.binary(.add, product, builder.input("mask", [6, 1]))
    let y = try builder.add(MatMul(), builder.add(Softmax(), sum), parts[2])
    builder.graph.outputs = [try flat(&builder, y)]
    let simplified = try builder.graph.simplified(weights: builder.weights).graph
    #expect(simplified.nodes.contains { $0.operation is Softmax })
  }

  /// A boolean mask as TorchScript's exporter writes it: -∞ where it excludes, and NaN replaced by zero
  /// behind the softmax, which is what the operation gives where it excludes every key.
  @Test(arguments: [true, false]) func excludesEveryKey(isGuarded: Bool) throws {
    var builder = PatternBuilder()
    let parts = try heads(&builder)
    let allowed = try builder.add(
      ElementwiseBinary(.greater), builder.input("allowed", [Self.n, 1, 6, 6]), builder.number(0))
    let mask = try builder.add(
      Select(), allowed, builder.number(0), builder.number(-.infinity))
    let sum = try builder.binary(.add, scores(&builder, parts[0], parts[1]), mask)
    var shares = try builder.add(Softmax(), sum)
    if isGuarded {
      let isNaN = try builder.unary(.not, builder.binary(.equal, shares, shares))
      shares = try builder.add(Select(), isNaN, builder.number(0), shares)
    }
    let y = try builder.add(MatMul(), shares, parts[2])
    builder.graph.outputs = [try flat(&builder, y)]
    let simplified = try builder.graph.simplified(weights: builder.weights)
    #expect(
      simplified.graph.nodes.map(\.operation.name) == ["binary", "select", "attention"])

    // The first query of every sample hears nothing.
    var random = SplitMix64(seed: 3)
    var inputs: [String: Tensor] = [:]
    for name in ["q", "k", "v"] { inputs[name] = Tensor(random.floats(96), shape: [2, 6, 8]) }
    inputs["allowed"] = Tensor(
      (0..<72).map { $0 % 36 < 6 ? -1 : random.floats(1)[0] + 0.2 }, shape: [2, 1, 6, 6])
    let found = try simplified.graph.interpret(inputs: inputs) { id in
      simplified.weights.tensor(simplified.graph[id].name).map { Tensor($0) }
    }[0].floats
    let composed = try builder.graph.interpret(inputs: inputs) { id in
      builder.weights.tensor(builder.graph[id].name).map { Tensor($0) }
    }[0].floats
    for index in found.indices {
      if index % 48 < 8 {
        #expect(found[index] == 0)
        #expect(isGuarded ? composed[index] == 0 : composed[index].isNaN)
      } else {
        #expect(abs(found[index] - composed[index]) <= 1e-5)
      }
    }
  }

  /// How exporters write which coordinates change over.
  enum Form: CaseIterable { case split, slices, strided, unbound, halves, joinedHalves }

  private func turned(
    _ builder: inout PatternBuilder, _ x: ValueID, _ shape: [Dimension], _ form: Form
  ) throws -> ValueID {
    let (rows, last) = (Array(shape.dropLast()), shape.count - 1)
    func joined(_ first: ValueID, _ second: ValueID, _ part: [Dimension], _ axis: Int) throws
      -> ValueID
    {
      let negative = try builder.unary(.negate, builder.add(Reshape(to: rows + [2]), second))
      let sides = try [negative, first].map { try builder.add(Reshape(to: part), $0) }
      let whole = try builder.add(Concat(axis: axis), sides[0], sides[1])
      return try builder.add(Reshape(to: shape), whole)
    }
    let pairs = try builder.add(Reshape(to: rows + [2, 2]), x)
    switch form {
    case .split:
      let parts = try builder.graph.add(Split(parts: 2), [pairs], name: "parts")
      return try joined(parts[0], parts[1], rows + [2, 1], last + 1)
    case .slices:
      let parts = try (0..<2).map {
        try builder.add(Slice(axis: last + 1, start: $0, count: 1), pairs)
      }
      return try joined(parts[0], parts[1], rows + [2, 1], last + 1)
    case .strided:
      let parts = try (0..<2).map {
        try builder.add(Slice(axis: last, start: $0, step: 2, count: 2), x)
      }
      return try joined(parts[0], parts[1], rows + [2, 1], last + 1)
    case .unbound:
      let parts = try (0..<2).map { index in
        let number = builder.integer(index)
        return try builder.add(Take(axis: last + 1), pairs, number)
      }
      return try joined(parts[0], parts[1], rows + [2, 1], last + 1)
    case .halves:
      let parts = try (0..<2).map {
        try builder.add(Slice(axis: last, start: 2 * $0, count: 2), x)
      }
      return try joined(parts[0], parts[1], rows + [2], last)
    case .joinedHalves:
      let parts = try (0..<2).map {
        try builder.add(Slice(axis: last, start: $0, count: 1), pairs)
      }
      return try joined(parts[0], parts[1], rows + [1, 2], last)
    }
  }

  @Test(arguments: Form.allCases) func rotary(form: Form) throws {
    var builder = PatternBuilder()
    let shape = [Self.n, 6, 2, 4]
    let x = builder.input("x", shape)
    let (cosines, sines) = (builder.weight(6, 1, 4), builder.weight(6, 1, 4, seed: 2))
    let other = try turned(&builder, x, shape, form)
    builder.graph.outputs = [
      try builder.binary(
        .add, builder.binary(.multiply, x, cosines), builder.binary(.multiply, other, sines))
    ]
    try builder.expect(["rotary-embedding"])
    let operation = try builder.graph.simplified(weights: builder.weights).graph.nodes[0].operation
    let isHalved = form == .halves || form == .joinedHalves
    #expect(
      operation as? RotaryEmbedding == RotaryEmbedding(pairs: isHalved ? .halves : .neighbours))
  }

  /// What negates the other half turns the other way round, and is no rotation by this table.
  @Test func turnedTheOtherWay() throws {
    var builder = PatternBuilder()
    let x = builder.input("x", [Self.n, 6, 4])
    let parts = try builder.graph.add(Split(parts: 2), [x], name: "parts")
    let other = try builder.add(Concat(axis: 2), parts[1], builder.unary(.negate, parts[0]))
    let table = builder.weight(6, 4)
    builder.graph.outputs = [
      try builder.binary(
        .add, builder.binary(.multiply, x, table), builder.binary(.multiply, other, table))
    ]
    let simplified = try builder.graph.simplified(weights: builder.weights).graph
    #expect(!simplified.nodes.contains { $0.operation is RotaryEmbedding })
  }

  /// Norms of queries and keys, rotary embeddings of heads that lie in front, and a mask: five
  /// operations, whatever moves in between.
  @Test func everything() throws {
    var builder = PatternBuilder()
    var parts = try heads(&builder)
    for index in 0..<2 {
      let squares = try builder.binary(.power, parts[index], builder.number(2))
      let mean = try builder.add(Reduce(.mean, axes: [3], keepsAxes: true), squares)
      let root = try builder.unary(.squareRoot, builder.binary(.add, mean, builder.number(1e-6)))
      let normal = try builder.binary(
        .multiply, builder.binary(.divide, parts[index], root), builder.weight(4))
      let table = builder.weight(6, 4, seed: 5)
      let other = try turned(&builder, normal, [Self.n, 2, 6, 4], .split)
      parts[index] = try builder.binary(
        .add, builder.binary(.multiply, normal, table), builder.binary(.multiply, other, table))
    }
    let mask = builder.input("mask", [Self.n, 1, 1, 6])
    let sum = try builder.binary(.add, scores(&builder, parts[0], parts[1]), mask)
    let y = try builder.add(MatMul(), builder.add(Softmax(), sum), parts[2])
    builder.graph.outputs = [try flat(&builder, y)]
    let simplified = try builder.graph.simplified(weights: builder.weights).graph
    let names = simplified.nodes.map(\.operation.name)
    #expect(names.count { $0 == "rms-norm" } == 2 && names.count { $0 == "rotary-embedding" } == 2)
    #expect(names.last == "attention")
    #expect(
      Set(names).isSubset(of: ["rms-norm", "rotary-embedding", "attention", "reshape", "transpose"])
    )
  }
}
