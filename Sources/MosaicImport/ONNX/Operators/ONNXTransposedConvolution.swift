internal import MosaicCore
internal import MosaicIR

extension ONNXNodeImport {
  /// A transposed convolution as a convolution of x with zeros between its elements, by weights turned
  /// around: x [n, groups · c, ...], w [groups · c, o, ...].
  ///
  /// Source: "ConvTranspose" in docs/Operators.md of github.com/onnx/onnx; Dumoulin and Visin, "A guide
  /// to convolution arithmetic for deep learning", arXiv:1603.07285.
  mutating func transposedConvolution() throws(ONNXNodeProblem) -> ONNXOperand {
    var (x, weight) = (try operand(0), try operand(1))
    let groups = try integer("group", default: 1)
    guard x.type.rank >= 3, weight.type.rank == x.type.rank, groups > 0,
      weight.type.shape[0].factor.isMultiple(of: groups),
      weight.type.shape.allSatisfy({ $0.isFixed && $0.factor > 0 })
    else { throw .invalid("convolves \(x.type) with \(weight.type)") }
    let extents = weight.type.shape[2...].map(\.factor)
    let plan = try transposedWindow(over: x.type, extents: extents)
    for axis in extents.indices {
      x = try spread(x, axis: axis + 2, by: plan.strides[axis])
      x = try padded(x, axis: axis + 2, plan.before[axis], plan.after[axis])
      weight = try cut(
        weight, axis: axis + 2, start: extents[axis] - 1, step: -1, count: extents[axis])
    }
    let (inner, outer) = (weight.type.shape[0].factor / groups, weight.type.shape[1].factor)
    let kernel = extents.map { Dimension($0) }
    weight = try reshape(
      weight, to: [Dimension(groups), Dimension(inner), Dimension(outer)] + kernel)
    weight = try transpose(weight, [0, 2, 1] + Array(3..<weight.type.rank))
    weight = try reshape(
      weight, to: [product([Dimension(groups), Dimension(outer)]), Dimension(inner)] + kernel)
    let ones = extents.map { _ in 1 }
    let zeros = extents.map { _ in 0 }
    let window = Window(
      extents: extents, strides: ones, dilations: plan.dilations, before: zeros, after: zeros)
    return try context.emit(
      GroupedConvolution(window: window, groups: groups),
      [x, weight] + (optional(2).map { [$0] } ?? []), name: outputName)[0]
  }

  private struct TransposedWindow {
    var strides: [Int]
    var dilations: [Int]
    /// Zeros on both sides of each axis once there are others between its elements; negative ones take
    /// away.
    var before: [Int]
    var after: [Int]
  }

  private mutating func transposedWindow(
    over type: TensorType, extents: [Int]
  ) throws(ONNXNodeProblem) -> TransposedWindow {
    let spatial = type.shape.dropFirst(2)
    guard spatial.allSatisfy({ $0.isFixed && (1...1 << 30).contains($0.factor) }) else {
      throw .unsupported("slides over an axis that depends on the batch")
    }
    let own = try integers("output_shape")
    let more = try integers("output_padding") ?? extents.map { _ in 0 }
    let automatic = try text("auto_pad", default: "NOTSET")
    // The extents that `window` works out are those of a convolution: only its sides are taken.
    var window = try window(over: type, extents: extents, automatic: "NOTSET")
    guard more.count == extents.count, more.allSatisfy((0...1 << 30).contains),
      own.map({ $0.count == extents.count && $0.allSatisfy((1...1 << 30).contains) }) ?? true
    else { throw .invalid("has an output_shape or output_padding that does not fit \(type)") }
    guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(automatic) else {
      throw .unsupported("has the auto_pad '\(printable(automatic))'")
    }
    if automatic == "VALID" {
      (window.before, window.after) = (more.map { _ in 0 }, more.map { _ in 0 })
    }
    let isSame = automatic.hasPrefix("SAME")
    for (axis, extent) in spatial.map(\.factor).enumerated() {
      let wanted = own?[axis] ?? (isSame ? extent * window.strides[axis] : nil)
      guard let wanted else { continue }
      let whole =
        window.strides[axis] * (extent - 1) + more[axis] + window.dilations[axis]
        * (extents[axis] - 1)
        + 1
      let cut = whole - wanted
      // What is missing lies behind; an odd one that is over in front, but for SAME_UPPER.
      window.before[axis] = cut < 0 ? 0 : automatic == "SAME_UPPER" ? cut / 2 : cut - cut / 2
      window.after[axis] = cut - window.before[axis]
    }
    var result = TransposedWindow(
      strides: window.strides, dilations: window.dilations, before: [], after: [])
    for axis in extents.indices {
      let reach = window.dilations[axis] * (extents[axis] - 1)
      result.before.append(reach - window.before[axis])
      // Behind the last element lie the zeros that were put after it too.
      result.after.append(
        reach - window.after[axis] + more[axis] - (window.strides[axis] - 1))
    }
    return result
  }

  /// Every element of an axis with zeros behind it, `step` elements in place of one.
  private func spread(
    _ x: ONNXOperand, axis: Int, by step: Int
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    if step == 1 { return x }
    var shape = x.type.shape
    var apart = shape
    apart.insert(1, at: axis + 1)
    var after = apart.map { _ in 0 }
    let before = after
    after[axis + 1] = step - 1
    shape[axis] = product([shape[axis], Dimension(step)])
    return try reshape(
      emit(Pad(before: before, after: after), reshape(x, to: apart)), to: shape)
  }

  /// Zeros around an axis; negative counts take away.
  private func padded(
    _ x: ONNXOperand, axis: Int, _ before: Int, _ after: Int
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    let extent = x.type.shape[axis].factor
    let (start, left) = (max(0, -before), max(0, -after))
    guard start < extent, left < extent - start else {
      throw .invalid("has pads that leave nothing of \(x.type)")
    }
    let part = try cut(x, axis: axis, start: start, count: extent - start - left)
    guard before > 0 || after > 0 else { return part }
    var (front, back) = (x.type.shape.map { _ in 0 }, x.type.shape.map { _ in 0 })
    (front[axis], back[axis]) = (max(0, before), max(0, after))
    return try emit(Pad(before: front, after: back), part)
  }
}
