/// Norms in parts, and norms whose weights change nothing.
let normalisationRules: [GraphRewriter.Rule] = [
  // Weights of one and biases of zero.
  { operation, operands, name, rewriter in
    guard operation is LayerNorm || operation is GroupNorm, operands.count == 3,
      rewriter.uniform(operands[1]) == 1, rewriter.uniform(operands[2]) == 0
    else { return nil }
    return rewriter.emit(operation, [operands[0]], name: name)
  },
  // Groups of channels as channels of their own.
  { operation, operands, name, rewriter in
    guard let reshape = operation as? Reshape,
      let norm = rewriter.match(operands[0], GroupNorm.self), norm.inputs.count == 1,
      let fold = rewriter.match(norm.inputs[0], Reshape.self)
    else { return nil }
    let x = fold.inputs[0]
    let (before, folded) = (rewriter.type(x).shape, fold.operation.shape)
    let after = reshape.shape
    guard before.count >= 2, folded.count >= 2, after.count >= 2, before[..<2] == after[..<2],
      before[0] == folded[0],
      folded[1] == Dimension(norm.operation.groups), before[1].isFixed,
      before[1].factor.isMultiple(of: norm.operation.groups)
    else { return nil }
    return rewriter.emit(reshape, [x], name: name).flatMap {
      rewriter.emit(norm.operation, [$0], name: name)
    }
  },
  // `norm · weight + bias`.
  { operation, operands, name, rewriter in
    guard (operation as? ElementwiseBinary)?.function == .add else { return nil }
    for (product, bias) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard let factors = rewriter.match(product, .multiply), rewriter.isWeight(bias) else {
        continue
      }
      for (norm, weight) in [(factors[0], factors[1]), (factors[1], factors[0])] {
        guard let found = rewriter.affine(norm, weight, bias, name: name) else { continue }
        return found
      }
    }
    return nil
  },
  // `x / sqrt(mean(x²) + epsilon)`.
  { operation, operands, name, rewriter in
    guard (operation as? ElementwiseBinary)?.function == .divide,
      let epsilon = rewriter.rootMeanSquare(operands[1], of: operands[0])
    else { return nil }
    return rewriter.rmsNorm(operands[0], epsilon: epsilon, name: name)
  },
  // `x · reciprocal(sqrt(mean(x²) + epsilon))`, and its weight.
  { operation, operands, name, rewriter in
    guard (operation as? ElementwiseBinary)?.function == .multiply else { return nil }
    for (x, other) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      if let norm = rewriter.match(x, RMSNorm.self), rewriter.uniform(norm.inputs[1]) == 1,
        rewriter.isWeight(other), rewriter.type(other).shape == rewriter.type(norm.inputs[1]).shape
      {
        return rewriter.emit(norm.operation, [norm.inputs[0], other], name: name)
      }
      guard let root = rewriter.inverse(other),
        let epsilon = rewriter.rootMeanSquare(root, of: x)
      else { continue }
      return rewriter.rmsNorm(x, epsilon: epsilon, name: name)
    }
    return nil
  },
]

extension GraphRewriter {
  /// A norm without parameters, multiplied and moved by weights along its axis.
  fileprivate mutating func affine(
    _ norm: ValueID, _ weight: ValueID, _ bias: ValueID, name: String
  ) -> ValueID? {
    guard let node = producer(norm), node.inputs.count == 1, isWeight(weight),
      let x = node.inputs.first
    else { return nil }
    let axis = node.operation is LayerNorm ? type(x).rank - 1 : 1
    guard node.operation is LayerNorm || node.operation is GroupNorm else { return nil }
    let width = type(x).shape[axis]
    // [1, ..., width, 1, ...] as it broadcasts.
    let tail = [Dimension](repeating: 1, count: type(x).rank - 1 - axis)
    var parameters: [ValueID] = []
    for parameter in [weight, bias] {
      let shape = Array(type(parameter).shape.drop { $0 == 1 && width != 1 })
      guard shape == [width] + tail, let flat = emit(Reshape(to: [width]), [parameter], name: name)
      else { return nil }
      parameters.append(flat)
    }
    return emit(node.operation, [x] + parameters, name: name)
  }

  /// An RMS norm with weights of one, which a product behind it may replace.
  fileprivate mutating func rmsNorm(_ x: ValueID, epsilon: Double, name: String) -> ValueID? {
    guard type(x).element == .f32, let width = type(x).shape.last, width.isFixed,
      width.factor <= 1 << 14
    else { return nil }
    let ones = Tensor([Float](repeating: 1, count: width.factor), shape: [width.factor])
    let weight = constant(ones, name: "constant ones [\(width.factor)]")
    return emit(RMSNorm(epsilon: Float(epsilon)), [x, weight], name: name)
  }

  /// What a value is one by.
  fileprivate mutating func inverse(_ id: ValueID) -> ValueID? {
    if let unary = match(id, ElementwiseUnary.self), unary.operation.function == .reciprocal {
      return unary.inputs[0]
    }
    guard let operands = match(id, .divide), uniform(operands[0]) == 1 else { return nil }
    return operands[1]
  }

  /// The epsilon of `sqrt(mean(x²) + epsilon)` over the last axis.
  fileprivate mutating func rootMeanSquare(_ id: ValueID, of x: ValueID) -> Double? {
    guard let root = match(id, ElementwiseUnary.self),
      root.operation.function == .squareRoot, let sum = match(root.inputs[0], .add)
    else { return nil }
    for (mean, number) in [(sum[0], sum[1]), (sum[1], sum[0])] {
      guard let epsilon = uniform(number), let reduce = match(mean, Reduce.self),
        reduce.operation == Reduce(.mean, axes: [type(x).rank - 1], keepsAxes: true),
        isSquare(reduce.inputs[0], of: x)
      else { continue }
      return epsilon
    }
    return nil
  }

  private mutating func isSquare(_ id: ValueID, of x: ValueID) -> Bool {
    if let power = match(id, .power) { return power[0] == x && uniform(power[1]) == 2 }
    return match(id, .multiply) == [x, x]
  }
}
