/// `y = x / sqrt(mean(x²) + epsilon) · weight` over the last axis: x [..., width], weight [width];
/// y as x.
///
/// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", arXiv:1910.07467.
public struct RMSNorm: Operator {
  public static let name = "rms-norm"
  public var epsilon: Float

  public init(epsilon: Float) { self.epsilon = epsilon }

  public var attributes: [(name: String, value: String)] { [("epsilon", "\(epsilon)")] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 2, let width = inputs[0].shape.last, inputs[1].shape == [width],
      inputs[0].element.isFloat, inputs[0].element == inputs[1].element
    else {
      throw ShapeError(name, expected: "x [..., width] and weight [width]", found: inputs)
    }
    return [inputs[0]]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let last = inputs[0].rank - 1
    return AxisRule.passingAll(rank: inputs[0].rank, except: [last]) + [
      AxisRule(
        .pinned("an RMS norm takes its mean over it"),
        [.input(0, axis: last), .input(1, axis: 0), .output(0, axis: last)])
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    guard inputs[0].element.isComputedInF32 else { return evaluateByReference(inputs) }
    let (x, weight) = (inputs[0].floats, inputs[1].floats)
    let width = weight.count
    var y = x
    for first in stride(from: 0, to: x.count, by: max(width, 1)) {
      let row = first..<first + width
      let squares = x[row].reduce(0.0) { $0 + Double($1) * Double($1) }
      let factor = Float(1 / (squares / Double(width) + Double(epsilon)).squareRoot())
      for column in 0..<width { y[first + column] = x[first + column] * factor * weight[column] }
    }
    return [Tensor(y, shape: inputs[0].shape, as: inputs[0].element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let width = inputs[1].count
    let first = position / width * width
    let row = (first..<first + width).map { inputs[0].number(at: $0) }
    let mean = row.reduce(0) { $0 + $1 * $1 } / Double(width)
    return row[position - first] / (mean + Double(epsilon)).squareRoot()
      * inputs[1].number(at: position - first)
  }
}
