internal import MosaicBundle
internal import MosaicCore
internal import MosaicIR

/// Operations that are not the fast ones of transformers.
extension Lowering {
  mutating func lowerGeneral(_ node: Graph.Node, at index: Int) throws(LoweringError) {
    for output in node.outputs where !graph[output].type.isPerSample {
      throw LoweringError(
        node: node.name, reason: "its result \(graph[output].type) mixes samples")
    }
    switch node.operation {
    case let unary as ElementwiseUnary: try lowerUnary(unary, node)
    case let binary as ElementwiseBinary: try lowerBinary(binary.function, node)
    case is Add, is AddRow: try lowerBinary(.add, node)
    case is Gate: try lowerGate(node)
    case is Modulate: try lowerModulate(node)
    case is Select: try lowerSelect(node)
    case let norm as GroupNorm: try lowerGroupNorm(norm, node)
    case let norm as RMSNorm: try lowerRMSNorm(norm, node)
    case is Softmax:
      let width = graph[node.inputs[0]].type.sampleShape.last ?? 1
      try lower(node, to: .softmax(rows: count(node.inputs[0]) / width, width: width))
    case is MatMul: try lowerMatMul(node)
    case let reduce as Reduce: try lowerReduce(reduce, node)
    case let cast as Cast: try lowerCast(cast, node)
    case let convolution as GroupedConvolution: try lowerConvolution(convolution, node)
    case let pool as Pool: try lowerPool(pool, node)
    case let rotation as RotaryEmbedding: try lowerRotation(rotation, node)
    default: try lowerMovement(node)
    }
  }

  /// An instruction on the node's operands as they are.
  mutating func lower(
    _ node: Graph.Node, to operation: Program.GeneralOperation
  ) throws(LoweringError) {
    var inputs: [Int] = []
    for operand in node.inputs { inputs.append(try number(operand, node)) }
    let output = node.outputs[0]
    let value = instruct(
      operation, inputs, shape: graph[output].type.sampleShape, named: graph[output].name)
    bind(output, of: node, to: value)
  }

  func unsupported(_ node: Graph.Node, _ form: String = "of this form") -> LoweringError {
    LoweringError(
      node: node.name, reason: "the runtime has no '\(node.operation.name)' \(form)")
  }

  // MARK: Elementwise

  private mutating func lowerUnary(
    _ operation: ElementwiseUnary, _ node: Graph.Node
  ) throws(LoweringError) {
    let count = count(node.inputs[0])
    switch operation.function {
    case .silu: try emit(.activation(.silu, count: count), node)
    case .geluErf: try emit(.activation(.geluErf, count: count), node)
    case .geluTanh: try emit(.activation(.geluTanh, count: count), node)
    default:
      guard let function = UnaryFunction(rawValue: stored(operation.function.rawValue)) else {
        throw unsupported(node)
      }
      try lower(node, to: .unary(function, count: count))
    }
  }

  private mutating func lowerBinary(
    _ function: BinaryFunction, _ node: Graph.Node
  ) throws(LoweringError) {
    let shapes = try aligned(node.inputs, to: node.outputs[0], node)
    try lower(node, to: .binary(function, a: shapes[0], b: shapes[1]))
  }

  /// The graph's names have hyphens where those of bundles have underscores.
  private func stored(_ name: String) -> String {
    String(name.map { $0 == "-" ? "_" : $0 })
  }

  private mutating func lowerGate(_ node: Graph.Node) throws(LoweringError) {
    let shape = graph[node.inputs[0]].type.sampleShape
    let width = shape[shape.count - 1]
    try lower(
      node, to: .binary(.multiply, a: [count(node.inputs[0]) / width, width], b: [1, width]))
  }

  private mutating func lowerModulate(_ node: Graph.Node) throws(LoweringError) {
    let shape = graph[node.inputs[0]].type.sampleShape
    let width = shape[shape.count - 1]
    try lower(node, to: .modulate(rows: count(node.inputs[0]) / width, width: width))
  }

  private mutating func lowerSelect(_ node: Graph.Node) throws(LoweringError) {
    let shapes = try aligned(node.inputs, to: node.outputs[0], node)
    try lower(node, to: .choose(condition: shapes[0], a: shapes[1], b: shapes[2]))
  }

  /// The shapes that operands have for one sample, of the result's rank there.
  func aligned(
    _ operands: [ValueID], to output: ValueID, _ node: Graph.Node
  ) throws(LoweringError) -> [[Int]] {
    let result = graph[output].type
    let rank = result.isBatched ? result.rank - 1 : result.rank
    var shapes: [[Int]] = []
    for operand in operands {
      let type = graph[operand].type
      var shape = type.sampleShape
      if type.isFixed {
        // Of the batch, which samples do not have, it has at most an axis of 1.
        if result.isBatched, type.rank == result.rank { shape.removeFirst() }
      } else if type.rank != result.rank || type.shape[0] != result.shape[0] {
        throw LoweringError(
          node: node.name, reason: "it repeats \(type) to \(result), which mixes samples")
      }
      let padded = [Int](repeating: 1, count: rank - shape.count) + shape
      shapes.append(padded.isEmpty ? [1] : padded)
    }
    return shapes
  }

  private mutating func lowerCast(
    _ operation: Cast, _ node: Graph.Node
  ) throws(LoweringError) {
    let source = graph[node.inputs[0]].type.element
    let value = try number(node.inputs[0], node)
    guard source.isFloat || source == .bool else { throw unsupported(node, "of integers") }
    let shape = graph[node.outputs[0]].type.sampleShape
    if operation.element == .bool, source != .bool {
      let count = shape.reduce(1, *)
      let name = graph[node.outputs[0]].name
      let isZero = instruct(.unary(.not, count: count), [value], shape: shape, named: name)
      bind(
        node.outputs[0], of: node,
        to: instruct(.unary(.not, count: count), [isZero], shape: shape, named: name))
    } else if operation.element.isFloat || operation.element == .bool {
      // Everything is computed in f32.
      numbers[node.outputs[0]] = value
    } else {
      throw unsupported(node, "to integers")
    }
  }

  // MARK: Norms, products, sums

  private mutating func lowerGroupNorm(
    _ operation: GroupNorm, _ node: Graph.Node
  ) throws(LoweringError) {
    let type = graph[node.inputs[0]].type
    guard type.isBatched else { throw unsupported(node, "that no sample has of its own") }
    let channels = type.sampleShape[0]
    var output = node.outputs[0]
    var activation = Program.Activation.none
    if let next = soleReader(of: output), let activate = next.node.operation as? Activate {
      activation = Program.Activation(activate.function)
      output = next.node.outputs[0]
      fused.insert(next.index)
    }
    try emit(
      .general(
        .groupNorm(
          groups: operation.groups, channels: channels, pixels: type.sampleCount / channels,
          epsilon: operation.epsilon, isAffine: node.inputs.count == 3, activation: activation)),
      node, into: output)
  }

  mutating func lowerMasked(
    _ operation: Attention, _ node: Graph.Node
  ) throws(LoweringError) {
    let (query, mask) = (graph[node.inputs[0]].type.sampleShape, graph[node.inputs[3]].type)
    guard mask.isBatched || mask.isFixed else {
      throw unsupported(node, "whose mask mixes samples")
    }
    let own = mask.shape.dropFirst().map(\.factor)
    try lower(
      node,
      to: .maskedAttention(
        heads: query[1] / operation.headSize, size: operation.headSize, queries: query[0],
        keys: graph[node.inputs[1]].type.sampleShape[0], scale: operation.scale,
        maskHeads: own[0], maskQueries: own[1]))
  }

  private mutating func lowerRotation(
    _ operation: RotaryEmbedding, _ node: Graph.Node
  ) throws(LoweringError) {
    let (x, table) = (graph[node.inputs[0]].type, graph[node.inputs[1]].type)
    guard x.isBatched, let positions = RotaryEmbedding.positions(of: x.shape, table.shape) else {
      throw unsupported(node)
    }
    // Of one sample, so without the first axis.
    let shape = x.sampleShape
    let range = positions.lowerBound - 1..<positions.upperBound - 1
    try lower(
      node,
      to: .rotate(
        operation.pairs, outer: shape[..<range.lowerBound].reduce(1, *),
        length: shape[range].reduce(1, *),
        inner: shape[range.upperBound..<shape.count - 1].reduce(1, *),
        size: shape[shape.count - 1]))
  }

  private mutating func lowerRMSNorm(
    _ operation: RMSNorm, _ node: Graph.Node
  ) throws(LoweringError) {
    guard isWeight(node.inputs[1]) else { throw unsupported(node, "whose weight is computed") }
    let width = count(node.inputs[1])
    try lower(
      node,
      to: .rmsNorm(
        rows: count(node.inputs[0]) / width, width: width, epsilon: operation.epsilon))
  }

  private mutating func lowerMatMul(_ node: Graph.Node) throws(LoweringError) {
    let types = node.inputs.map { graph[$0].type }
    guard types.allSatisfy({ $0.rank >= 2 }) else { throw unsupported(node, "of vectors") }
    let result = graph[node.outputs[0]].type
    let isMatrixOfBatch = result.isBatched && result.rank == 2
    // The rows of a matrix whose rows are samples: one row each.
    var shapes = isMatrixOfBatch ? [[1, types[0].sampleCount], []] : []
    if isMatrixOfBatch {
      guard types[1].isFixed else { throw unsupported(node, "that mixes samples") }
      shapes[1] = types[1].sampleShape
    } else {
      shapes = try aligned(leading: node)
    }
    let (a, b) = (shapes[0], shapes[1])
    let (rows, inner, columns) = (a[a.count - 2], a[a.count - 1], b[b.count - 1])
    let (aBatches, bBatches) = (
      a.dropLast(2).reduce(1, *), b.dropLast(2).reduce(1, *)
    )
    let batches = count(node.outputs[0]) / (rows * columns)
    guard [1, batches].contains(aBatches), [1, batches].contains(bBatches) else {
      throw unsupported(node, "in which both operands repeat")
    }
    let isOne = bBatches == 1
    try lower(
      node,
      // By one matrix, all rows are one product.
      to: isOne && aBatches == batches
        ? .matmul(
          batches: 1, aBatches: 1, bBatches: 1, rows: batches * rows, inner: inner,
          columns: columns)
        : .matmul(
          batches: batches, aBatches: aBatches, bBatches: bBatches, rows: rows, inner: inner,
          columns: columns))
  }

  /// Shapes of matrices for one sample, with the axes before them aligned.
  private func aligned(leading node: Graph.Node) throws(LoweringError) -> [[Int]] {
    let result = graph[node.outputs[0]].type
    var shapes: [[Int]] = []
    for operand in node.inputs {
      let type = graph[operand].type
      var shape = type.sampleShape
      if type.isFixed {
        if result.isBatched, type.rank == result.rank { shape.removeFirst() }
      } else if type.rank != result.rank || type.shape[0] != result.shape[0] {
        throw unsupported(node, "that mixes samples")
      }
      guard shape.count >= 2 else { throw unsupported(node, "that mixes samples") }
      shapes.append(shape)
    }
    return shapes
  }

  private mutating func lowerReduce(
    _ operation: Reduce, _ node: Graph.Node
  ) throws(LoweringError) {
    let type = graph[node.inputs[0]].type
    var shape = type.sampleShape
    var value = try number(node.inputs[0], node)
    var axes: [Int] = []
    for axis in operation.axes { axes.append(try sampleAxis(axis, of: type, node)) }
    guard !axes.isEmpty, let first = Reduction(rawValue: stored(operation.kind.rawValue)) else {
      throw unsupported(node)
    }
    // Axis by axis, the last first; squares are sums from the second on.
    for (step, axis) in axes.sorted(by: >).enumerated() {
      let kind = step > 0 && first == .sumOfSquares ? .sum : first
      let (outer, extent, inner) = parts(of: shape, axis)
      shape[axis] = 1
      value = instruct(
        .reduce(kind, outer: outer, extent: extent, inner: inner), [value], shape: shape,
        named: graph[node.outputs[0]].name)
    }
    bind(node.outputs[0], of: node, to: value)
  }
}
