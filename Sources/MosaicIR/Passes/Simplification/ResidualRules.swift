/// Modulation, gates and sums as transformers have them.
let residualRules: [GraphRewriter.Rule] = [
  // `x · (1 + scale) + shift`.
  { operation, operands, name, rewriter in
    guard (operation as? ElementwiseBinary)?.function == .add else { return nil }
    for (product, shift) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      // The product is written as a gate by now.
      guard let gate = rewriter.match(product, Gate.self),
        let column = rewriter.match(gate.inputs[1], Reshape.self),
        let sum = rewriter.match(column.inputs[0], .add)
      else { continue }
      for (scale, one) in [(sum[0], sum[1]), (sum[1], sum[0])] where rewriter.uniform(one) == 1 {
        let x = gate.inputs[0]
        guard let columns = rewriter.columns([scale, shift], of: x, name: name) else { continue }
        return rewriter.emit(Modulate(), [x] + columns, name: name)
      }
    }
    return nil
  },
  // A gate of a sample over all its rows.
  { operation, operands, name, rewriter in
    guard (operation as? ElementwiseBinary)?.function == .multiply else { return nil }
    for (x, gate) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard let columns = rewriter.columns([gate], of: x, name: name) else { continue }
      return rewriter.emit(Gate(), [x] + columns, name: name)
    }
    return nil
  },
  // A sum that repeats nothing, or weights over the leading axes.
  { operation, operands, name, rewriter in
    guard (operation as? ElementwiseBinary)?.function == .add else { return nil }
    for (x, other) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard rewriter.type(x).element == .f32, rewriter.type(x).rank > 0 else { continue }
      if rewriter.type(x) == rewriter.type(other) {
        return rewriter.emit(Add(), [operands[0], operands[1]], name: name)
      }
      let shape = Array(rewriter.type(other).shape.drop { $0 == 1 })
      guard rewriter.isWeight(other), !shape.isEmpty,
        rewriter.type(x).shape.suffix(shape.count).elementsEqual(shape),
        let own = rewriter.emit(Reshape(to: shape), [other], name: name)
      else { continue }
      return rewriter.emit(Add(), [x, own], name: name)
    }
    return nil
  },
]

extension GraphRewriter {
  /// Values [n, 1, ..., width] beside x [n, ..., width] as columns [n, width]; nil where they are not,
  /// or where x has no rows between.
  fileprivate mutating func columns(
    _ values: [ValueID], of x: ValueID, name: String
  ) -> [ValueID]? {
    let shape = type(x).shape
    guard shape.count >= 3, type(x).element == .f32, let width = shape.last, width != 1 else {
      return nil
    }
    let wanted = [shape[0]] + [Dimension](repeating: 1, count: shape.count - 2) + [width]
    var result: [ValueID] = []
    for value in values {
      guard type(value).shape == wanted, !isWeight(value), value != x, shape != wanted,
        let column = emit(Reshape(to: [shape[0], width]), [value], name: name)
      else { return nil }
      result.append(column)
    }
    return result
  }
}
