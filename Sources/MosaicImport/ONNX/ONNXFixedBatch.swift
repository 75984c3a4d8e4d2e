internal import MosaicCore
internal import MosaicIR

// What an exporter fixed to its batch follows the batch again, where it is plain that it does.

extension ONNXNodeImport {
  /// A shape that was fixed for one batch, for all: an extent that was the batch, or a multiple of it
  /// where axes are folded, follows it, and the same shape comes out for that batch.
  ///
  /// - Parameter isFolded: Whether the batch may be one axis with others.
  func freeing(
    _ shape: [Dimension], for type: TensorType, isFolded: Bool = false
  ) -> [Dimension] {
    guard let fixed = context.fixedBatch,
      let axis = isFolded ? foldedAxis(of: shape, fixed) : shape.isEmpty ? nil : 0,
      isFolded || shape.count >= type.rank, shape[axis].isFixed, shape[axis].factor > 0
    else { return shape }
    // An extent of 1 is as good as any other of 1, unless it stands where the batch is already.
    let isBatch = type.rank == shape.count && type.shape.first == .batch
    guard isFolded || fixed > 1 || isBatch else { return shape }
    let (factor, rest) = shape[axis].factor.quotientAndRemainder(dividingBy: fixed)
    guard rest == 0, isFolded || factor == 1 else { return shape }
    var result = shape
    result[axis] = Dimension(factor, power: 1)
    return result
  }

  /// The axis that may be the batch with others behind it: the first that holds it.
  private func foldedAxis(of shape: [Dimension], _ fixed: Int) -> Int? {
    fixed == 1 ? shape.indices.first : shape.firstIndex { $0 != 1 }
  }

  /// Whether a slice up to `end` is of the whole batch, as long as that was fixed.
  func isWholeBatch(_ end: Int) -> Bool { context.fixedBatch.map { end >= $0 } ?? false }
}

extension ONNXGraphImport {
  /// The operands that an operation takes in place of its own, where constants that repeat a row for
  /// each sample of the fixed batch keep it from taking those: the row, or the row as often as the batch
  /// is large.
  func freed(
    _ operands: [ONNXOperand], for operation: any Operator, name: String
  ) throws(ONNXNodeProblem) -> [ONNXOperand]? {
    guard operands.contains(where: { !$0.type.isFixed }) else { return nil }
    let rows = operands.map(row)
    guard rows.contains(where: { $0 != nil }) else { return nil }
    var plain = operands
    for (index, row) in rows.enumerated() { if let row { plain[index] = row } }
    if isPerSample(operation, plain) { return plain }
    for (index, row) in rows.enumerated() {
      guard let row else { continue }
      plain[index] = try repeated(row, name: name)
    }
    return isPerSample(operation, plain) ? plain : nil
  }

  /// Whether an operation takes the operands, and each sample has results of its own.
  private func isPerSample(_ operation: any Operator, _ operands: [ONNXOperand]) -> Bool {
    guard let types = try? operation.inferOutputs(from: operands.map(\.type)) else { return false }
    return types.allSatisfy { $0.shape.first.map { $0.power == 1 } ?? false }
  }

  /// The row that a constant repeats for each sample of the batch that was fixed.
  private func row(of operand: ONNXOperand) -> ONNXOperand? {
    guard let fixed = fixedBatch, operand.id == nil, !operand.isSymbolic,
      operand.type.shape.first == Dimension(fixed), let tensor = operand.known
    else { return nil }
    let width = tensor.count / fixed
    let numbers = tensor.doubles
    guard width > 0, numbers.indices.allSatisfy({ numbers[$0] == numbers[$0 % width] }) else {
      return nil
    }
    if fixed == 1 { return operand }
    let row = Slice(axis: 0, start: 0, count: 1).evaluate([tensor])[0]
    return ONNXOperand(name: unique(operand.name), type: row.type, tensor: row)
  }

  private func repeated(
    _ row: ONNXOperand, name: String
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    guard let source = graph.inputs.first(where: { graph[$0].type.shape.first == .batch }) else {
      throw .unsupported("depends on the batch, which no input has as its first axis")
    }
    let batched = ONNXOperand(name: graph[source].name, type: graph[source].type, id: source)
    return try emit(
      Expand(to: [.batch] + row.type.shape.dropFirst()), [row, batched], name: name)[0]
  }
}
