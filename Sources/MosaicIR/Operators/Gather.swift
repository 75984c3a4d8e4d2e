/// Rows of a table: indices [n] (integers), table [rows, width]; y [n, width].
public struct Gather: Operator {
  public static let name = "gather"

  public init() {}

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 2, inputs[0].element == .i32 || inputs[0].element == .i64,
      inputs[0].rank == 1, inputs[1].rank == 2
    else {
      throw ShapeError(name, expected: "indices int [n] and table [rows, width]", found: inputs)
    }
    return [TensorType([inputs[0].shape[0], inputs[1].shape[1]])]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    [
      AxisRule(.passes, [.input(0, axis: 0), .output(0, axis: 0)]),
      AxisRule(.pinned("indices choose among its rows"), [.input(1, axis: 0)]),
      AxisRule(.passes, [.input(1, axis: 1), .output(0, axis: 1)]),
    ]
  }

  public func problem(with inputs: [Tensor]) -> String? {
    let rows = Int64(inputs[1].shape[0])
    return inputs[0].integers.first { !(0..<rows).contains($0) }.map {
      "the index \($0) is outside a table of \(rows) rows"
    }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let width = inputs[1].shape[1]
    let table = inputs[1].floats
    let rows = inputs[0].integers.flatMap { index -> ArraySlice<Float> in
      let start = Int(index) * width
      return table[start..<start + width]
    }
    return [Tensor(rows, shape: [inputs[0].count, width])]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let width = inputs[1].shape[1]
    let row = Int(inputs[0].integers[position / width])
    return Double(inputs[1].floats[row * width + position % width])
  }
}
