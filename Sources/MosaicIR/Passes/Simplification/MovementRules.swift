/// Movements of elements that undo each other, or that are one.
let movementRules: [GraphRewriter.Rule] = [
  { operation, operands, name, rewriter in
    guard let reshape = operation as? Reshape else { return nil }
    let x = operands[0]
    if rewriter.type(x).shape == reshape.shape { return x }
    if let before = rewriter.match(x, Reshape.self) {
      return rewriter.emit(reshape, before.inputs, name: name)
    }
    return rewriter.foldedTranspose(x, to: reshape.shape, name: name)
  },
  { operation, operands, name, rewriter in
    guard let transpose = operation as? Transpose else { return nil }
    if transpose.order.elementsEqual(transpose.order.indices) { return operands[0] }
    guard let before = rewriter.match(operands[0], Transpose.self) else { return nil }
    let order = transpose.order.map { before.operation.order[$0] }
    return rewriter.emit(Transpose(order: order), before.inputs, name: name)
  },
  { operation, operands, _, rewriter in
    guard operation is Expand || operation is Cast,
      let types = try? operation.inferOutputs(from: operands.map(rewriter.type)),
      types[0] == rewriter.type(operands[0])
    else { return nil }
    return operands[0]
  },
  // One element repeated is an operand that repeats.
  { operation, operands, name, rewriter in
    guard let tile = operation as? Tile,
      let results = try? operation.inferOutputs(
        from: operands.map(rewriter.type))
    else { return nil }
    let extents = rewriter.type(operands[0]).shape
    guard zip(tile.repeats, extents).allSatisfy({ $0 == 1 || $1 == 1 }) else { return nil }
    return rewriter.emit(Expand(to: results[0].shape), operands, name: name)
  },
  // Operations repeat their operands themselves.
  { operation, operands, name, rewriter in
    guard operation is ElementwiseBinary else { return nil }
    let types = operands.map(rewriter.type)
    for index in operands.indices {
      guard let expand = rewriter.match(operands[index], Expand.self) else { continue }
      var plain = operands
      plain[index] = expand.inputs[0]
      guard let repeated = try? operation.inferOutputs(from: types),
        let same = try? operation.inferOutputs(from: plain.map(rewriter.type)), same == repeated
      else { continue }
      return rewriter.emit(operation, plain, name: name)
    }
    return nil
  },
  { operation, operands, name, rewriter in
    guard let slice = operation as? Slice, slice.step == 1,
      let joined = rewriter.match(operands[0], Concat.self), joined.operation.axis == slice.axis
    else { return nil }
    var start = slice.start
    for part in joined.inputs {
      let extent = rewriter.type(part).shape[slice.axis].factor
      guard start >= extent else {
        guard start + slice.count <= extent else { return nil }
        if slice.count == extent { return part }
        return rewriter.emit(
          Slice(axis: slice.axis, start: start, count: slice.count), [part], name: name)
      }
      start -= extent
    }
    return nil
  },
]

extension GraphRewriter {
  /// A transposition of all but the first two axes, which were folded into one for it: as exporters
  /// transpose keys.
  fileprivate mutating func foldedTranspose(
    _ x: ValueID, to shape: [Dimension], name: String
  ) -> ValueID? {
    guard let transpose = match(x, Transpose.self), transpose.operation.order.first == 0,
      let fold = match(transpose.inputs[0], Reshape.self)
    else { return nil }
    let before = type(fold.inputs[0]).shape
    let folded = fold.operation.shape
    guard before.count == folded.count + 1, shape.count == before.count,
      folded.dropFirst().elementsEqual(before.dropFirst(2)), shape[..<2] == before[..<2]
    else { return nil }
    let order = [0, 1] + transpose.operation.order.dropFirst().map { $0 + 1 }
    guard order.map({ before[$0] }) == shape else { return nil }
    return emit(Transpose(order: order), fold.inputs, name: name)
  }
}
