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
  // Interpolation along an axis is a product with the matrix of its weights, from the left.
  { operation, operands, name, rewriter in
    guard let resample = operation as? Resample, rewriter.type(operands[0]).element == .f32,
      resample.sums.contains(where: { $0.weights != [1] })
    else { return nil }
    return rewriter.interpolation(resample, of: operands[0], name: name)
  },
  // A window is a box, so its mean is that of the means along its axes.
  { operation, operands, name, rewriter in
    guard let pool = operation as? Pool, pool.kind == .mean,
      rewriter.type(operands[0]).element == .f32,
      let means = pool.meansByAxis(over: rewriter.type(operands[0]).shape)
    else { return nil }
    var x = operands[0]
    for (axis, sums) in means.enumerated() {
      guard let next = rewriter.emit(Resample(axis: axis + 2, sums: sums), [x], name: name) else {
        return nil
      }
      x = next
    }
    return x
  },
]

extension GraphRewriter {
  /// Elements of a matrix of weights; more are left as they are.
  private static let interpolationCount = 1 << 20

  fileprivate mutating func interpolation(
    _ resample: Resample, of x: ValueID, name: String
  ) -> ValueID? {
    let (shape, axis) = (type(x).shape, resample.axis)
    let (extent, places) = (shape[axis].factor, resample.sums.count)
    guard extent > 0, places > 0, extent <= GraphRewriter.interpolationCount / places,
      let inner = TensorType(Array(shape[(axis + 1)...])).count
    else { return nil }
    var elements = [Float](repeating: 0, count: places * extent)
    for (place, sum) in resample.sums.enumerated() {
      for (source, weight) in zip(sum.sources, sum.weights) {
        elements[place * extent + source] += weight
      }
    }
    let matrix = constant(
      Tensor(elements, shape: [places, extent]), name: "\(name).interpolation")
    let lead = Array(shape[..<axis])
    var result = shape
    result[axis] = Dimension(places)
    guard let rows = emit(Reshape(to: lead + [shape[axis], inner]), [x], name: name),
      let product = emit(MatMul(), [matrix, rows], name: name)
    else { return nil }
    return emit(Reshape(to: result), [product], name: name)
  }
}
