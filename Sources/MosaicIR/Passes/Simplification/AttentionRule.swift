/// `softmax(q · kᵀ · scale) · v` of heads, without a mask: q and v [n, heads, length, size] and k
/// transposed, as three values [n, length, heads · size].
let recogniseAttention: GraphRewriter.Rule = { operation, operands, name, rewriter in
  guard operation is MatMul, let softmax = rewriter.match(operands[0], Softmax.self) else {
    return nil
  }
  let scaled = rewriter.scaled(softmax.inputs[0]) ?? (softmax.inputs[0], 1)
  guard let scores = rewriter.match(scaled.value, MatMul.self) else { return nil }
  let (q, keys, v) = (scores.inputs[0], scores.inputs[1], operands[1])
  let shapes = [q, keys, v].map { rewriter.type($0).shape }
  guard shapes.allSatisfy({ $0.count == 4 && $0[..<2] == shapes[0][..<2] }),
    shapes[0][1].isFixed, shapes[0][3].isFixed, shapes[0][3].factor > 0,
    shapes[0][3] == shapes[2][3], rewriter.type(q).element == .f32
  else { return nil }
  let (heads, size) = (shapes[0][1], shapes[0][3])
  guard let width = heads.multiplied(by: size) else { return nil }
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
      [rows, k, values], name: name),
    let parts = rewriter.emit(
      Reshape(to: [shapes[0][0], shapes[0][2], heads, size]), [y], name: name)
  else { return nil }
  return rewriter.emit(Transpose(order: [0, 2, 1, 3]), [parts], name: name)
}

/// The usual scale of heads of this size, where a factor is that but for rounding: exporters write
/// it as the product of two roots.
private func scale(_ factor: Double, of size: Int) -> Float {
  let usual = 1 / Float(size).squareRoot()
  return abs(factor - Double(usual)) <= 1e-6 * Double(usual) ? usual : Float(factor)
}
