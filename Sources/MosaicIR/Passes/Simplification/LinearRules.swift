/// Products with a matrix of weights, and their biases.
let linearRules: [GraphRewriter.Rule] = [
  { operation, operands, name, rewriter in
    guard operation is MatMul, rewriter.isWeight(operands[1]),
      rewriter.type(operands[1]).rank == 2, rewriter.type(operands[1]).element == .f32,
      let rows = rewriter.emit(Transpose(order: [1, 0]), [operands[1]], name: name)
    else { return nil }
    return rewriter.emit(Linear(), [operands[0], rows], name: name)
  },
  { operation, operands, name, rewriter in
    guard (operation as? ElementwiseBinary)?.function == .add else { return nil }
    for (product, bias) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard let linear = rewriter.match(product, Linear.self), linear.inputs.count == 2,
        rewriter.isWeight(bias), rewriter.type(bias).shape == [rewriter.type(product).shape.last]
      else { continue }
      return rewriter.emit(Linear(), linear.inputs + [bias], name: name)
    }
    return nil
  },
]
