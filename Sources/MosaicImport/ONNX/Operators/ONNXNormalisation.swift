internal import MosaicCore
internal import MosaicIR

/// Softmax and norms.
let normalisationImporters: [String: ONNXNodeImport.Importer] = [
  "GroupNormalization": { node in [try node.groupNorm()] },
  "InstanceNormalization": { node in
    let x = try node.operand(0)
    guard x.type.rank >= 2 else { throw ONNXNodeProblem.invalid("normalises \(x.type)") }
    let epsilon = try node.float("epsilon") ?? 1e-5
    return [
      try node.emit(
        GroupNorm(groups: max(x.type.shape[1].factor, 1), epsilon: epsilon), x, node.operand(1),
        node.operand(2))
    ]
  },
  "LayerNormalization": { node in [try node.layerNorm()] },
  "LogSoftmax": { node in
    [try node.emit(ElementwiseUnary(.logarithm), node.softmax())]
  },
  "RMSNormalization": { node in [try node.rmsNorm()] },
  "Softmax": { node in [try node.softmax()] },
]

extension ONNXNodeImport {
  fileprivate mutating func softmax() throws(ONNXNodeProblem) -> ONNXOperand {
    let x = try operand(0)
    let axis = try axis(integer("axis", default: -1), rank: x.type.rank)
    var order = Array(0..<x.type.rank)
    order.swapAt(axis, order.count - 1)
    return try transpose(emit(Softmax(), transpose(x, order)), order)
  }

  /// The axes from `axis` on as one.
  private func folding(
    _ x: ONNXOperand, from axis: Int
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    try reshape(x, to: x.type.shape[..<axis] + [product(x.type.shape[axis...])])
  }

  fileprivate mutating func layerNorm() throws(ONNXNodeProblem) -> ONNXOperand {
    let (x, scale, bias) = (try operand(0), try operand(1), optional(2))
    let axis = try axis(integer("axis", default: -1), rank: x.type.rank)
    let epsilon = try float("epsilon") ?? 1e-5
    // The type of the sums, which are at least as wide as f32 here.
    _ = try integer("stash_type")
    let width = Array(x.type.shape[axis...])
    let rows = try folding(x, from: axis)
    if let bias, scale.type.shape == width, bias.type.shape == width {
      let affine = (try folding(scale, from: 0), try folding(bias, from: 0))
      return try reshape(
        emit(LayerNorm(epsilon: epsilon), rows, affine.0, affine.1), to: x.type.shape)
    }
    let normal = try reshape(emit(LayerNorm(epsilon: epsilon), rows), to: x.type.shape)
    let scaled = try emit(ElementwiseBinary(.multiply), normal, scale)
    guard let bias else { return scaled }
    return try emit(ElementwiseBinary(.add), scaled, bias)
  }

  fileprivate mutating func rmsNorm() throws(ONNXNodeProblem) -> ONNXOperand {
    let (x, scale) = (try operand(0), try operand(1))
    let axis = try axis(integer("axis", default: -1), rank: x.type.rank)
    let epsilon = try float("epsilon") ?? 1e-5
    _ = try integer("stash_type")
    let width = Array(x.type.shape[axis...])
    let rows = try folding(x, from: axis)
    if scale.type.shape == width {
      return try reshape(
        emit(RMSNorm(epsilon: epsilon), rows, folding(scale, from: 0)), to: x.type.shape)
    }
    guard let count = rows.type.shape.last, count.isFixed else {
      throw .unsupported("normalises over the batch")
    }
    let ones = try expand(constant(1, like: x), to: [count])
    let normal = try reshape(emit(RMSNorm(epsilon: epsilon), rows, ones), to: x.type.shape)
    return try emit(ElementwiseBinary(.multiply), normal, scale)
  }

  fileprivate mutating func groupNorm() throws(ONNXNodeProblem) -> ONNXOperand {
    let x = try operand(0)
    let epsilon = try float("epsilon") ?? 1e-5
    _ = try integer("stash_type")
    guard let groups = try integer("num_groups"), groups > 0, x.type.rank >= 2,
      x.type.shape[1].isFixed
    else { throw .invalid("has no number of groups, or fewer than two axes") }
    let channels = x.type.shape[1].factor
    var affine: [ONNXOperand] = []
    for index in 1...2 {
      let parameter = try operand(index)
      // Opset 18 has one for each group.
      if operatorSet < 21, parameter.type.shape == [Dimension(groups)], channels != groups,
        channels.isMultiple(of: groups)
      {
        let columns = try reshape(parameter, to: [Dimension(groups), 1])
        let repeated = try expand(columns, to: [Dimension(groups), Dimension(channels / groups)])
        affine.append(try reshape(repeated, to: [Dimension(channels)]))
      } else {
        affine.append(parameter)
      }
    }
    return try emit(GroupNorm(groups: groups, epsilon: epsilon), x, affine[0], affine[1])
  }
}
