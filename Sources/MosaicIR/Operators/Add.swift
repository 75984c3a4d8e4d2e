/// `y = a + b`: b of a's shape, or of the trailing axes of it (repeated over the leading ones).
public struct Add: Operator {
  public static let name = "add"

  public init() {}

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 2, inputs[1].rank <= inputs[0].rank, inputs[1].rank > 0,
      inputs[0].shape.suffix(inputs[1].rank).elementsEqual(inputs[1].shape)
    else {
      throw ShapeError(
        name, expected: "a, and b of a's shape or of its trailing axes", found: inputs)
    }
    return [inputs[0]]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let lead = inputs[0].rank - inputs[1].rank
    return (0..<inputs[0].rank).map { axis in
      let other: [AxisRule.Axis] = axis >= lead ? [.input(1, axis: axis - lead)] : []
      return AxisRule(.passes, [.input(0, axis: axis), .output(0, axis: axis)] + other)
    }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (a, b) = (inputs[0].floats, inputs[1].floats)
    return [Tensor(a.indices.map { a[$0] + b[$0 % b.count] }, shape: inputs[0].shape)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let b = inputs[1].floats
    return Double(inputs[0].floats[position]) + Double(b[position % b.count])
  }
}
