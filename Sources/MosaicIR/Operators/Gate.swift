/// `y = x · gate`, a sample's gate over all of its rows: x [n, ..., width], gate [n, width]; y as x.
public struct Gate: Operator {
  public static let name = "gate"

  public init() {}

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 2, inputs[0].rank >= 2, let width = inputs[0].shape.last,
      inputs[1].shape == [inputs[0].shape[0], width]
    else {
      throw ShapeError(name, expected: "x [n, ..., width] and gate [n, width]", found: inputs)
    }
    return [inputs[0]]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let last = inputs[0].rank - 1
    return AxisRule.passingAll(rank: inputs[0].rank, except: [0, last]) + [
      AxisRule(.passes, [.input(0, axis: 0), .input(1, axis: 0), .output(0, axis: 0)]),
      AxisRule(.passes, [.input(0, axis: last), .input(1, axis: 1), .output(0, axis: last)]),
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (x, gate) = (inputs[0].floats, inputs[1].floats)
    let y = x.indices.map { x[$0] * gate[broadcastPosition($0, in: inputs[0].shape)] }
    return [Tensor(y, shape: inputs[0].shape)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    Double(inputs[0].floats[position])
      * Double(inputs[1].floats[broadcastPosition(position, in: inputs[0].shape)])
  }
}
