internal import MosaicCore
internal import MosaicIR

/// Attention of opsets 23 and 24, as one operation where it is plain, else in its parts.
///
/// Source: "Attention" in docs/Operators.md of github.com/onnx/onnx.
let attentionImporters: [String: ONNXNodeImport.Importer] = [
  "Attention": { node in
    let attention = try ONNXAttention(&node)
    if let plain = try attention.plain(node) { return [plain] }
    return try attention.composed(node)
  }
]

private struct ONNXAttention {
  private let isFlat: Bool
  private let queryHeads: Int
  private let keyHeads: Int
  private let scale: Double
  private let isCausal: Bool
  private let softcap: Float
  private let precision: ONNXElementType?
  private let scoresMode: Int

  init(_ node: inout ONNXNodeImport) throws(ONNXNodeProblem) {
    let (q, k, v) = (try node.operand(0), try node.operand(1), try node.operand(2))
    isFlat = q.type.rank == 3
    guard q.type.rank == 3 || q.type.rank == 4, k.type.rank == q.type.rank,
      v.type.rank == q.type.rank, q.type.element.isFloat
    else { throw .invalid("attends with \(q.type), \(k.type) and \(v.type)") }
    let given = (try node.integer("q_num_heads"), try node.integer("kv_num_heads"))
    queryHeads = isFlat ? given.0 ?? 0 : q.type.shape[1].factor
    keyHeads = isFlat ? given.1 ?? 0 : k.type.shape[1].factor
    guard queryHeads > 0, keyHeads > 0, queryHeads.isMultiple(of: keyHeads) else {
      throw .invalid("has \(queryHeads) heads of queries and \(keyHeads) of keys")
    }
    let width = q.type.shape[q.type.rank - 1]
    guard width.isFixed, width.factor > 0, !isFlat || width.factor.isMultiple(of: queryHeads) else {
      throw .invalid("has queries \(q.type) of \(queryHeads) heads")
    }
    let size = isFlat ? width.factor / queryHeads : width.factor
    scale = Double(try node.float("scale") ?? 0).nonzero ?? 1 / Double(size).squareRoot()
    isCausal = try node.flag("is_causal")
    softcap = try node.float("softcap") ?? 0
    scoresMode = try node.integer("qk_matmul_output_mode", default: 0)
    precision = try node.integer("softmax_precision").flatMap { code in
      Int32(exactly: code).flatMap(ONNXElementType.init(rawValue:))
    }
  }

  /// Where nothing but the plain form is asked for, with a mask or without.
  func plain(_ node: ONNXNodeImport) throws(ONNXNodeProblem) -> ONNXOperand? {
    let (q, k, v) = (try node.operand(0), try node.operand(1), try node.operand(2))
    let extras = (4...6).contains { node.optional($0) != nil }
    let more = node.node.outputs.dropFirst().contains { !$0.isEmpty }
    let last = q.type.rank - 1
    guard !extras, !more, !isCausal, softcap == 0, queryHeads == keyHeads, k.type == v.type,
      q.type.shape[0] == k.type.shape[0], q.type.shape[last] == k.type.shape[last],
      q.type.element == .f32
    else { return nil }
    var operands: [ONNXOperand] = []
    for x in [q, k, v] { operands.append(try isFlat ? x : flat(node, x)) }
    if let mask = node.optional(3) {
      guard let own = try self.mask(node, mask, operands) else { return nil }
      operands.append(own)
    }
    let size = isFlat ? q.type.shape[2].factor / queryHeads : q.type.shape[3].factor
    let attention = Attention(headSize: size, scale: Float(scale))
    let y = try node.context.emit(attention, operands, name: node.outputName)[0]
    return try isFlat ? y : heads(node, y, queryHeads)
  }

  /// What is added to scores, of four axes; nil where it is none that the operation takes.
  private func mask(
    _ node: ONNXNodeImport, _ mask: ONNXOperand, _ operands: [ONNXOperand]
  ) throws(ONNXNodeProblem) -> ONNXOperand? {
    let (q, k) = (operands[0].type.shape, operands[1].type.shape)
    let own = try additive(node, padded(node, mask, to: k[1]), operands[0])
    guard own.type.rank <= 4, own.type.element == .f32 else { return nil }
    let shape = [Dimension](repeating: 1, count: 4 - own.type.rank) + own.type.shape
    let scores = [q[0], Dimension(queryHeads), q[1], k[1]]
    guard shape[3] == scores[3], zip(shape, scores).allSatisfy({ $0 == 1 || $0 == $1 }) else {
      return nil
    }
    return try node.reshape(own, to: shape)
  }

  func composed(_ node: ONNXNodeImport) throws(ONNXNodeProblem) -> [ONNXOperand] {
    var (q, k, v) = (try node.operand(0), try node.operand(1), try node.operand(2))
    if isFlat {
      q = try heads(node, q, queryHeads)
      (k, v) = (try heads(node, k, keyHeads), try heads(node, v, keyHeads))
    }
    var past = 0
    if let keys = node.optional(4), let values = node.optional(5) {
      guard keys.type.rank == 4, keys.type.shape[2].isFixed else {
        throw .unsupported("keeps keys of \(keys.type)")
      }
      past = keys.type.shape[2].factor
      (k, v) = (try node.emit(Concat(axis: 2), keys, k), try node.emit(Concat(axis: 2), values, v))
    }
    let present = (k, v)
    (k, v) = (try repeated(node, k), try repeated(node, v))

    // Each side by its root: products of halves do not overflow.
    let root = node.constant(scale.squareRoot(), like: q)
    let scaledK = try node.emit(ElementwiseBinary(.multiply), k, root)
    var scores = try node.emit(
      MatMul(), node.emit(ElementwiseBinary(.multiply), q, root),
      node.transpose(scaledK, [0, 1, 3, 2]))
    var shown = scores
    if softcap > 0 {
      let cap = node.constant(Double(softcap), like: q)
      let ratio = try node.emit(ElementwiseBinary(.divide), scores, cap)
      scores = try node.emit(
        ElementwiseBinary(.multiply), node.emit(ElementwiseUnary(.tanh), ratio), cap)
      if scoresMode == 1 { shown = scores }
    }
    let bias = try bias(node, q, keys: k.type.shape[2], past: past)
    if let bias { scores = try node.emit(ElementwiseBinary(.add), scores, bias) }
    if scoresMode == 2 { shown = scores }
    if let precision { scores = try node.cast(scores, to: precision) }
    var shares = try node.emit(Softmax(), scores)
    if let bias { shares = try withoutMaskedRows(node, shares, bias) }
    if precision != nil { shares = try node.cast(shares, to: q.type.element) }
    if scoresMode == 3 { shown = shares }
    let y = try node.emit(MatMul(), shares, v)
    return [try isFlat ? flat(node, y) : y, present.0, present.1, shown]
  }

  /// [n, length, heads · size] as [n, heads, length, size].
  private func heads(
    _ node: ONNXNodeImport, _ x: ONNXOperand, _ heads: Int
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    guard let size = x.type.shape[2].divided(by: Dimension(heads)) else {
      throw .invalid("has \(heads) heads in \(x.type)")
    }
    let parts = try node.reshape(
      x, to: [x.type.shape[0], x.type.shape[1], Dimension(heads), size])
    return try node.transpose(parts, [0, 2, 1, 3])
  }

  private func flat(
    _ node: ONNXNodeImport, _ y: ONNXOperand
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    let shape = y.type.shape
    return try node.reshape(
      node.transpose(y, [0, 2, 1, 3]),
      to: [shape[0], shape[2], node.product([shape[1], shape[3]])])
  }

  /// Each head of keys for as many heads of queries as share it.
  private func repeated(
    _ node: ONNXNodeImport, _ x: ONNXOperand
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    let times = queryHeads / keyHeads
    guard times > 1, x.type.shape[1] == Dimension(keyHeads) else { return x }
    let shape = x.type.shape
    let apart = try node.reshape(x, to: [shape[0], shape[1], 1, shape[2], shape[3]])
    let more = try node.expand(
      apart, to: [shape[0], shape[1], Dimension(times), shape[2], shape[3]])
    return try node.reshape(
      more, to: [shape[0], Dimension(queryHeads), shape[2], shape[3]])
  }
}

/// What is added to scores.
extension ONNXAttention {
  /// - Parameters:
  ///   - keys: How many keys there are, those kept from before among them.
  ///   - past: How many are kept from before.
  private func bias(
    _ node: ONNXNodeImport, _ q: ONNXOperand, keys: Dimension, past: Int
  ) throws(ONNXNodeProblem) -> ONNXOperand? {
    let queries = q.type.shape[2]
    var bias: ONNXOperand?
    func add(_ term: ONNXOperand) throws(ONNXNodeProblem) {
      guard let sum = bias else {
        bias = term
        return
      }
      bias = try node.emit(ElementwiseBinary(.add), sum, term)
    }
    if let mask = node.optional(3) { try add(additive(node, padded(node, mask, to: keys), q)) }
    let lengths = node.optional(6)
    guard isCausal || lengths != nil else { return bias }
    guard keys.isFixed, queries.isFixed else {
      throw .unsupported("masks scores whose extents depend on the batch")
    }
    func counted(_ count: Dimension, _ shape: [Int]) -> ONNXOperand {
      node.constant(Tensor(integers: (0..<Int64(count.factor)).map { $0 }, shape: shape))
    }
    guard max(keys.factor, queries.factor) <= ONNXOperand.foldedCount else {
      throw .unsupported("masks \(keys) keys")
    }
    let column = counted(keys, [1, keys.factor])
    var ends: ONNXOperand?
    if let lengths {
      let each = try node.emit(Cast(to: .i64), lengths)
      ends = try node.reshape(each, to: [node.product(lengths.type.shape), 1, 1, 1])
    }
    if isCausal {
      let first = ends == nil ? past : -queries.factor
      let rows = try node.emit(
        ElementwiseBinary(.add), counted(queries, [queries.factor, 1]),
        node.constant(Tensor(integers: [Int64(first)], shape: [])))
      var limits = rows
      if let ends { limits = try node.emit(ElementwiseBinary(.add), rows, ends) }
      try add(
        additive(node, node.emit(ElementwiseBinary(.lessOrEqual), column, limits), q))
    }
    if let ends {
      try add(additive(node, node.emit(ElementwiseBinary(.less), column, ends), q))
    }
    return bias
  }

  /// Nothing where a boolean mask allows, -∞ elsewhere; another mask is added as it is.
  private func additive(
    _ node: ONNXNodeImport, _ mask: ONNXOperand, _ q: ONNXOperand
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    guard mask.type.element == .bool else { return mask }
    return try node.emit(
      Select(), mask, node.constant(0, like: q), node.constant(-.infinity, like: q))
  }

  /// A mask of fewer keys excludes the rest.
  private func padded(
    _ node: ONNXNodeImport, _ mask: ONNXOperand, to keys: Dimension
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    guard let own = mask.type.shape.last, own != keys, own != 1, own.isFixed, keys.isFixed,
      own.factor < keys.factor
    else { return mask }
    var after = [Int](repeating: 0, count: mask.type.rank)
    let before = after
    after[after.count - 1] = keys.factor - own.factor
    let filling = mask.type.element == .bool ? 0 : -Double.infinity
    return try node.emit(Pad(before: before, after: after, filling: filling), mask)
  }

  /// Zeros in the rows in which every key is excluded: a softmax has no answer there.
  private func withoutMaskedRows(
    _ node: ONNXNodeImport, _ shares: ONNXOperand, _ bias: ONNXOperand
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    let peak = try node.emit(
      Reduce(.maximum, axes: [bias.type.rank - 1], keepsAxes: true), bias)
    let lowest = node.constant(-.infinity, like: bias)
    let isMasked = try node.emit(ElementwiseBinary(.equal), peak, lowest)
    if isMasked.id == nil, let known = isMasked.known, known.integers.allSatisfy({ $0 == 0 }) {
      return shares
    }
    return try node.emit(Select(), isMasked, node.constant(0, like: shares), shares)
  }
}

extension Double {
  fileprivate var nonzero: Double? { self == 0 ? nil : self }
}
