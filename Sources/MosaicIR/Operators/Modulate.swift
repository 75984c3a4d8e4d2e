/// `y = x · (1 + scale) + shift`, a sample's scale and shift over all of its rows:
/// x [n, ..., width], scale and shift [n, width]; y as x.
public struct Modulate: Operator {
  public static let name = "modulate"

  public init() {}

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 3, inputs[0].rank >= 2, let width = inputs[0].shape.last,
      inputs[1].shape == [inputs[0].shape[0], width], inputs[2] == inputs[1]
    else {
      throw ShapeError(
        name, expected: "x [n, ..., width], scale and shift [n, width]", found: inputs)
    }
    return [inputs[0]]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let last = inputs[0].rank - 1
    return AxisRule.passingAll(rank: inputs[0].rank, except: [0, last]) + [
      AxisRule(.passes, (0..<3).map { .input($0, axis: 0) } + [.output(0, axis: 0)]),
      AxisRule(
        .passes,
        [
          .input(0, axis: last), .output(0, axis: last), .input(1, axis: 1),
          .input(2, axis: 1),
        ]),
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (x, scale, shift) = (inputs[0].floats, inputs[1].floats, inputs[2].floats)
    let y = x.indices.map { position in
      let column = broadcastPosition(position, in: inputs[0].shape)
      return x[position] * (1 + scale[column]) + shift[column]
    }
    return [Tensor(y, shape: inputs[0].shape)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let column = broadcastPosition(position, in: inputs[0].shape)
    return Double(inputs[0].floats[position]) * (1 + Double(inputs[1].floats[column]))
      + Double(inputs[2].floats[column])
  }
}

/// Where an operand [n, width] is read for element `position` of `shape` [n, ..., width].
func broadcastPosition(_ position: Int, in shape: [Int]) -> Int {
  let width = shape[shape.count - 1]
  let perSample = shape.dropFirst().reduce(1, *)
  return position / perSample * width + position % width
}
