internal import MosaicKernels

/// `y = (x - mean) / sqrt(variance + epsilon)` over the last axis, then `* weight + bias` where
/// both are given: x [..., width], weight and bias [width]; y as x.
public struct LayerNorm: Operator {
  public static let name = "layer-norm"
  public var epsilon: Float

  public init(epsilon: Float) { self.epsilon = epsilon }

  public var attributes: [(name: String, value: String)] { [("epsilon", "\(epsilon)")] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1 || inputs.count == 3, let width = inputs[0].shape.last,
      inputs[0].element.isFloat,
      inputs.dropFirst().allSatisfy({
        $0.shape == [width] && $0.element == inputs[0].element
      })
    else {
      throw ShapeError(
        name, expected: "x [..., width], and weight and bias [width] or neither", found: inputs)
    }
    return [inputs[0]]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let last = inputs[0].rank - 1
    let parameters = inputs.indices.dropFirst().map { AxisRule.Axis.input($0, axis: 0) }
    return AxisRule.passingAll(rank: inputs[0].rank, except: [last]) + [
      AxisRule(
        .pinned("a layer norm takes its mean over it"),
        [.input(0, axis: last), .output(0, axis: last)] + parameters)
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    guard inputs[0].element.isComputedInF32 else { return evaluateByReference(inputs) }
    let width = inputs[0].shape[inputs[0].shape.count - 1]
    let y = floats(inputs[0].count) { y in
      let rows = inputs[0].count / max(width, 1)
      guard inputs.count == 3 else {
        return MosaicKernels.layerNorm(
          inputs[0].floats, into: y, rows: rows, width: width, epsilon: epsilon)
      }
      inputs[1].floats.withUnsafeBufferPointer { weight in
        inputs[2].floats.withUnsafeBufferPointer { bias in
          guard let weight = weight.baseAddress, let bias = bias.baseAddress else { return }
          MosaicKernels.layerNorm(
            inputs[0].floats, into: y, rows: rows, width: width, epsilon: epsilon,
            affine: (weight, bias))
        }
      }
    }
    return [Tensor(y, shape: inputs[0].shape, as: inputs[0].element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let width = inputs[0].shape[inputs[0].shape.count - 1]
    let (row, column) = (position / width, position % width)
    let x = (row * width..<(row + 1) * width).map { inputs[0].number(at: $0) }
    let mean = x.reduce(0, +) / Double(width)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
    let normal = (x[column] - mean) / (variance + Double(epsilon)).squareRoot()
    guard inputs.count == 3 else { return normal }
    return normal * inputs[1].number(at: column) + inputs[2].number(at: column)
  }
}
