/// `y = x + row · gate`, the same in every row of a sample: x [n, ..., width], row [width], optional
/// gate [n, width], else 1; y as x.
public struct AddRow: Operator {
  public static let name = "add-row"

  public init() {}

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard (2...3).contains(inputs.count), inputs[0].rank >= 2, let width = inputs[0].shape.last,
      inputs[1].shape == [width],
      inputs.count == 2 || inputs[2].shape == [inputs[0].shape[0], width]
    else {
      throw ShapeError(
        name, expected: "x [n, ..., width], row [width] and gate [n, width]", found: inputs)
    }
    return [inputs[0]]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let last = inputs[0].rank - 1
    let isGated = inputs.count > 2
    return AxisRule.passingAll(rank: inputs[0].rank, except: [0, last]) + [
      AxisRule(
        .passes,
        [.input(0, axis: 0), .output(0, axis: 0)] + (isGated ? [.input(2, axis: 0)] : [])),
      AxisRule(
        .passes,
        [.input(0, axis: last), .input(1, axis: 0), .output(0, axis: last)]
          + (isGated ? [.input(2, axis: 1)] : [])),
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (x, row) = (inputs[0].floats, inputs[1].floats)
    let gate = inputs.count > 2 ? inputs[2].floats : nil
    let y = x.indices.map { position in
      let term = row[position % row.count]
      return x[position]
        + (gate.map { term * $0[broadcastPosition(position, in: inputs[0].shape)] } ?? term)
    }
    return [Tensor(y, shape: inputs[0].shape)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let row = inputs[1].floats
    let gate =
      inputs.count > 2
      ? Double(inputs[2].floats[broadcastPosition(position, in: inputs[0].shape)]) : 1
    return Double(inputs[0].floats[position]) + gate * Double(row[position % row.count])
  }
}
