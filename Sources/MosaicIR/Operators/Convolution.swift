internal import MosaicKernels

/// 2-D convolution without groups: x [n, channels, height, width],
/// w [outer, channels, kernel, kernel], optional b [outer]; y [n, outer, height', width'] with
/// `height' = (height + 2 padding - kernel) / stride + 1`.
public struct Convolution: Operator {
  public static let name = "convolution"
  public var stride: Int
  public var padding: Int

  public init(stride: Int = 1, padding: Int = 0) {
    self.stride = stride
    self.padding = padding
  }

  public var attributes: [(name: String, value: String)] {
    [("stride", "\(stride)"), ("padding", "\(padding)")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    let found = ShapeError(
      name, expected: "x [n, c, h, w], w [o, c, k, k] with k at most h and w, and b [o]",
      found: inputs)
    guard (2...3).contains(inputs.count), inputs[0].rank == 4, inputs[1].rank == 4,
      inputs[0].shape[1] == inputs[1].shape[1], inputs[1].shape[2] == inputs[1].shape[3],
      inputs[0].shape[2].isFixed, inputs[0].shape[3].isFixed,
      inputs.count == 2 || inputs[2].shape == [inputs[1].shape[0]]
    else { throw found }
    let kernel = inputs[1].shape[2].factor
    var shape = [inputs[0].shape[0], inputs[1].shape[0]]
    for axis in 2...3 {
      let room = inputs[0].shape[axis].factor + 2 * padding - kernel
      guard room >= 0, stride > 0 else { throw found }
      shape.append(Dimension(room / stride + 1))
    }
    return [TensorType(shape)]
  }

  public func cost(of inputs: [TensorType], outputs: [TensorType]) -> Cost {
    let taps = inputs[1].sampleShape.dropFirst().reduce(1, *)
    return Cost(macs: outputs[0].sampleCount, taps)
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    AxisRule.convolution(inputs)
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let shape = inputs[0].shape
    let (outer, kernel) = (inputs[1].shape[0], inputs[1].shape[2])
    let height = (shape[2] + 2 * padding - kernel) / stride + 1
    let width = (shape[3] + 2 * padding - kernel) / stride + 1
    let (x, weight) = (inputs[0].floats, inputs[1].floats)
    let y = floats(shape[0] * outer * height * width) { y in
      let plan = ConvolutionShape(
        channels: shape[1], height: shape[2], width: shape[3], outer: outer, kernel: kernel,
        stride: stride, padding: padding)
      let bias = inputs.count > 2 ? inputs[2].floats : nil
      let size = shape[1] * shape[2] * shape[3]
      withScratch(plan.scratchCount) { scratch in
        for sample in 0..<shape[0] {
          convolution2D(
            Array(x[sample * size..<(sample + 1) * size]), weight: weight, bias: bias,
            into: y + sample * outer * height * width, shape: plan, scratch: scratch)
        }
      }
    }
    return [Tensor(y, shape: [shape[0], outer, height, width])]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let shape = inputs[0].shape
    let (outer, kernel) = (inputs[1].shape[0], inputs[1].shape[2])
    let height = (shape[2] + 2 * padding - kernel) / stride + 1
    let width = (shape[3] + 2 * padding - kernel) / stride + 1
    let at = Tensor.coordinates(of: position, in: [shape[0], outer, height, width])
    var sum = inputs.count > 2 ? Double(inputs[2].floats[at[1]]) : 0
    let (x, w) = (inputs[0].floats, inputs[1].floats)
    for channel in 0..<shape[1] {
      for i in 0..<kernel {
        for j in 0..<kernel {
          let row = at[2] * stride + i - padding
          let column = at[3] * stride + j - padding
          guard (0..<shape[2]).contains(row), (0..<shape[3]).contains(column) else { continue }
          let source = ((at[0] * shape[1] + channel) * shape[2] + row) * shape[3] + column
          let tap = ((at[1] * shape[1] + channel) * kernel + i) * kernel + j
          sum += Double(x[source]) * Double(w[tap])
        }
      }
    }
    return sum
  }
}
