/// `softmax(q · kᵀ · scale + mask) · v` of heads, with a mask or without: q and v
/// [n, heads, length, size] and k transposed, as three values [n, length, heads · size].
///
/// Where a mask excludes every key from a query the operation gives zeros, as ONNX's Attention does; a
/// softmax by itself has no number there.
let recogniseAttention: GraphRewriter.Rule = { operation, operands, name, rewriter in
  guard operation is MatMul,
    let softmax = rewriter.match(rewriter.unguarded(operands[0]), Softmax.self)
  else { return nil }
  let found = rewriter.masked(softmax.inputs[0])
  let scaled = rewriter.scaled(found.scores) ?? (found.scores, 1)
  guard let scores = rewriter.match(scaled.value, MatMul.self) else { return nil }
  let (q, keys, v) = (scores.inputs[0], scores.inputs[1], operands[1])
  let shapes = [q, keys, v].map { rewriter.type($0).shape }
  guard shapes.allSatisfy({ $0.count == 4 && $0[..<2] == shapes[0][..<2] }),
    shapes[0][1].isFixed, shapes[0][3].isFixed, shapes[0][3].factor > 0,
    shapes[0][3] == shapes[2][3], rewriter.type(q).element == .f32
  else { return nil }
  let (heads, size) = (shapes[0][1], shapes[0][3])
  guard let width = heads.multiplied(by: size) else { return nil }
  var mask: [ValueID] = []
  if let own = found.mask {
    guard let square = rewriter.mask(own, of: rewriter.type(scaled.value).shape, name: name) else {
      return nil
    }
    mask = [square]
  }
  func flat(_ x: ValueID, _ order: [Int], _ rewriter: inout GraphRewriter) -> ValueID? {
    rewriter.emit(Transpose(order: order), [x], name: name).flatMap { rows in
      let shape = rewriter.type(rows).shape
      return rewriter.emit(Reshape(to: [shape[0], shape[1], width]), [rows], name: name)
    }
  }
  guard let rows = flat(q, [0, 2, 1, 3], &rewriter), let k = flat(keys, [0, 3, 1, 2], &rewriter),
    let values = flat(v, [0, 2, 1, 3], &rewriter),
    let y = rewriter.emit(
      Attention(headSize: size.factor, scale: scale(scaled.factor, of: size.factor)),
      [rows, k, values] + mask, name: name),
    let parts = rewriter.emit(
      Reshape(to: [shapes[0][0], shapes[0][2], heads, size]), [y], name: name)
  else { return nil }
  return rewriter.emit(Transpose(order: [0, 2, 1, 3]), [parts], name: name)
}

extension GraphRewriter {
  /// What a softmax gave before NaN was replaced by zero in it, as exporters do where a mask may exclude
  /// every key.
  fileprivate mutating func unguarded(_ shares: ValueID) -> ValueID {
    guard let choice = match(shares, Select.self), uniform(choice.inputs[1]) == 0,
      let isNaN = match(choice.inputs[0], ElementwiseUnary.self), isNaN.operation.function == .not,
      match(isNaN.inputs[0], .equal) == [choice.inputs[2], choice.inputs[2]]
    else { return shares }
    return choice.inputs[2]
  }

  /// Scores, and what is added to them: nothing, or the operand of a sum that is no scores itself.
  fileprivate mutating func masked(_ sum: ValueID) -> (scores: ValueID, mask: ValueID?) {
    let added = match(sum, .add) ?? match(sum, Add.self)?.inputs
    for (scores, mask) in (added.map { [($0[0], $0[1]), ($0[1], $0[0])] } ?? [])
    where type(scores) == type(sum) {
      let product = scaled(scores)?.value ?? scores
      if match(product, MatMul.self) != nil { return (scores, mask) }
    }
    return (sum, nil)
  }

  /// A mask as attention takes it, of four axes; nil where it repeats along the keys.
  fileprivate mutating func mask(
    _ mask: ValueID, of scores: [Dimension], name: String
  ) -> ValueID? {
    let shape = type(mask).shape
    guard type(mask).element == .f32, shape.count <= 4, shape.last == scores[3] else { return nil }
    let padded = [Dimension](repeating: 1, count: 4 - shape.count) + shape
    return padded == shape ? mask : emit(Reshape(to: padded), [mask], name: name)
  }
}

/// The usual scale of heads of this size, where a factor is that but for rounding: exporters write
/// it as the product of two roots.
private func scale(_ factor: Double, of size: Int) -> Float {
  let usual = 1 / Float(size).squareRoot()
  return abs(factor - Double(usual)) <= 1e-6 * Double(usual) ? usual : Float(factor)
}
