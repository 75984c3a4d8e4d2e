/// `y = (x - mean) / sqrt(variance + epsilon)` over each sample's groups of channels, then
/// `· weight + bias` by channel where both are given: x [n, channels, ...], weight and bias
/// [channels]; y as x. With as many groups as channels it is instance normalisation.
///
/// Source: Wu and He, "Group Normalization", arXiv:1803.08494.
public struct GroupNorm: Operator {
  public static let name = "group-norm"
  public var groups: Int
  public var epsilon: Float

  public init(groups: Int, epsilon: Float) {
    self.groups = groups
    self.epsilon = epsilon
  }

  public var attributes: [(name: String, value: String)] {
    [("groups", "\(groups)"), ("epsilon", "\(epsilon)")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1 || inputs.count == 3, inputs[0].rank >= 2, groups > 0,
      inputs[0].element.isFloat, inputs[0].shape[1].isFixed,
      inputs[0].shape[1].factor.isMultiple(of: groups),
      inputs.dropFirst().allSatisfy({
        $0.shape == [inputs[0].shape[1]] && $0.element == inputs[0].element
      })
    else {
      throw ShapeError(
        name,
        expected: "x [n, \(groups) · channels, ...], and weight and bias [channels] or neither",
        found: inputs)
    }
    return [inputs[0]]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let parameters = inputs.indices.dropFirst().map { AxisRule.Axis.input($0, axis: 0) }
    return AxisRule.passingAll(rank: inputs[0].rank, except: [1]) + [
      AxisRule(
        .balanced(groups), [.input(0, axis: 1), .output(0, axis: 1)] + parameters)
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    guard inputs[0].element.isComputedInF32 else { return evaluateByReference(inputs) }
    let shape = inputs[0].shape
    let x = inputs[0].floats
    let affine = inputs.count == 3 ? (inputs[1].floats, inputs[2].floats) : nil
    let pixels = shape[2...].reduce(1, *)
    let size = shape[1] / groups * pixels
    var y = x
    for group in 0..<(size == 0 ? 0 : x.count / size) {
      let range = group * size..<(group + 1) * size
      let mean = x[range].reduce(0.0) { $0 + Double($1) } / Double(size)
      let squares = x[range].reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      let factor = Float(1 / (squares / Double(size) + Double(epsilon)).squareRoot())
      for first in stride(from: range.lowerBound, to: range.upperBound, by: pixels) {
        let channel = first / pixels % shape[1]
        let (weight, bias) = affine.map { ($0.0[channel], $0.1[channel]) } ?? (1, 0)
        for index in first..<first + pixels {
          y[index] = (x[index] - Float(mean)) * factor * weight + bias
        }
      }
    }
    return [Tensor(y, shape: shape, as: inputs[0].element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let x = inputs[0]
    let pixels = x.shape[2...].reduce(1, *)
    let size = x.shape[1] / groups * pixels
    let first = position / size * size
    let group = (first..<first + size).map { x.number(at: $0) }
    let mean = group.reduce(0, +) / Double(size)
    let variance = group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
    let normal = (x.number(at: position) - mean) / (variance + Double(epsilon)).squareRoot()
    guard inputs.count == 3 else { return normal }
    let channel = position / pixels % x.shape[1]
    return normal * inputs[1].number(at: channel) + inputs[2].number(at: channel)
  }
}
