internal import MosaicCore
internal import MosaicIR

/// Products and convolutions.
let productImporters: [String: ONNXNodeImport.Importer] = [
  "Conv": { node in [try node.convolution()] },
  "ConvTranspose": { node in [try node.transposedConvolution()] },
  "Einsum": { node in [try node.einsum()] },
  "Gemm": { node in [try node.gemm()] },
  "MatMul": { node in [try node.emit(MatMul(), node.operand(0), node.operand(1))] },
]

extension ONNXNodeImport {
  fileprivate mutating func gemm() throws(ONNXNodeProblem) -> ONNXOperand {
    var (a, b) = (try operand(0), try operand(1))
    guard a.type.rank == 2, b.type.rank == 2 else {
      throw .invalid("multiplies \(a.type) by \(b.type)")
    }
    let (alpha, beta) = (try float("alpha") ?? 1, try float("beta") ?? 1)
    if try flag("transA") { a = try transpose(a, [1, 0]) }
    let isTransposed = try flag("transB")
    let isPlain = isTransposed && alpha == 1 && a.type.element == .f32 && b.type.element == .f32
    if isPlain, optional(2) == nil { return try emit(Linear(), a, b) }
    if isPlain, beta == 1, let bias = optional(2), bias.type == TensorType([b.type.shape[0]]) {
      return try emit(Linear(), a, b, bias)
    }
    if isTransposed { b = try transpose(b, [1, 0]) }
    var result = try scale(emit(MatMul(), a, b), by: alpha)
    let shape = result.type.shape
    if let addend = optional(2) {
      result = try emit(ElementwiseBinary(.add), result, scale(addend, by: beta))
    }
    guard result.type.shape == shape else {
      throw .invalid("adds a larger matrix than its product")
    }
    return result
  }

  private func scale(
    _ x: ONNXOperand, by factor: Float
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    factor == 1
      ? x : try emit(ElementwiseBinary(.multiply), x, constant(Double(factor), like: x))
  }

  fileprivate mutating func convolution() throws(ONNXNodeProblem) -> ONNXOperand {
    let (x, weight) = (try operand(0), try operand(1))
    let groups = try integer("group", default: 1)
    guard x.type.rank >= 3, weight.type.rank == x.type.rank else {
      throw .invalid("convolves \(x.type) with \(weight.type)")
    }
    let extents = weight.type.shape[2...].map(\.factor)
    let window = try window(over: x.type, extents: extents)
    let operands = [x, weight] + (optional(2).map { [$0] } ?? [])
    let isPlain =
      extents.count == 2 && groups == 1 && window.dilations == [1, 1]
      && Set(window.before + window.after).count == 1 && Set(window.strides).count == 1
      && Set(extents).count == 1 && operands.allSatisfy { $0.type.element == .f32 }
    guard isPlain, window.places(over: Array(x.type.shape[2...])) != nil else {
      return try context.emit(
        GroupedConvolution(window: window, groups: groups), operands, name: outputName)[0]
    }
    return try context.emit(
      Convolution(stride: window.strides[0], padding: window.before[0]), operands,
      name: outputName)[0]
  }

  /// The window that attributes describe.
  ///
  /// - Parameters:
  ///   - extents: Those of the weights; nil where only the attribute has them.
  ///   - automatic: The `auto_pad`; nil for the attribute's.
  mutating func window(
    over type: TensorType, extents: [Int]?, automatic: String? = nil
  ) throws(ONNXNodeProblem) -> Window {
    let spatial = type.shape.dropFirst(2)
    let ones = spatial.map { _ in 1 }
    guard let kernel = try integers("kernel_shape") ?? extents, extents ?? kernel == kernel else {
      throw .invalid("has no kernel_shape, or another than its weights")
    }
    let (strides, dilations) = (
      try integers("strides") ?? ones, try integers("dilations") ?? ones
    )
    let pads = try integers("pads")
    let declared = try text("auto_pad", default: "NOTSET")
    let automatic = automatic ?? declared
    guard [kernel, strides, dilations].allSatisfy({ $0.count == spatial.count }),
      pads.map({ $0.count == 2 * spatial.count }) ?? true
    else { throw .invalid("has a window that does not fit \(type)") }
    guard spatial.allSatisfy(\.isFixed) else {
      throw .unsupported("slides over an axis that depends on the batch")
    }
    let bound = 1...1 << 30
    guard (kernel + strides + dilations).allSatisfy(bound.contains),
      (pads ?? []).allSatisfy((0...1 << 30).contains)
    else { throw .invalid("has a window that does not fit \(type)") }
    let half = spatial.count
    var (before, after) = (ones.map { _ in 0 }, ones.map { _ in 0 })
    switch automatic {
    case "VALID": break
    case "NOTSET":
      if let pads { (before, after) = (Array(pads[..<half]), Array(pads[half...])) }
    case "SAME_UPPER", "SAME_LOWER":
      for (axis, extent) in spatial.map(\.factor).enumerated() {
        let places = (extent + strides[axis] - 1) / strides[axis]
        let reach = dilations[axis] * (kernel[axis] - 1) + 1
        let missing = max(0, (places - 1) * strides[axis] + reach - extent)
        before[axis] = automatic == "SAME_UPPER" ? missing / 2 : missing - missing / 2
        after[axis] = missing - before[axis]
      }
    default: throw .unsupported("has the auto_pad '\(printable(automatic))'")
    }
    return Window(
      extents: kernel, strides: strides, dilations: dilations, before: before, after: after)
  }
}
