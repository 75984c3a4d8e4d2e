/// `y = condition ? a : b`, element by element, operands repeated as by `ElementwiseBinary`.
public struct Select: Operator {
  public static let name = "select"

  public init() {}

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 3, inputs[0].element == .bool, inputs[1].element == inputs[2].element,
      let values = broadcast(inputs[1].shape, inputs[2].shape),
      let shape = broadcast(inputs[0].shape, values)
    else {
      throw ShapeError(
        name, expected: "a boolean condition and two operands of one type that broadcast",
        found: inputs)
    }
    return [TensorType(shape, element: inputs[1].element)]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    AxisRule.passingBroadcast(inputs, to: outputs[0])
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let shape = shape(of: inputs)
    let condition = inputs[0].broadcast(to: shape).integers
    let both = Tensor.joined(
      inputs[1...].map { $0.broadcast(to: shape).reshaped([shape.reduce(1, *)]) }, axis: 0)
    let count = condition.count
    return [
      both.picking(
        condition.indices.map { condition[$0] != 0 ? $0 : count + $0 }, shape: shape)
    ]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let shape = shape(of: inputs)
    let at = Tensor.coordinates(of: position, in: shape)
    func number(_ tensor: Tensor) -> Double {
      tensor.number(at: zip(tensor.broadcastStrides(in: shape), at).reduce(0) { $0 + $1.0 * $1.1 })
    }
    return number(inputs[0]) != 0 ? number(inputs[1]) : number(inputs[2])
  }

  private func shape(of inputs: [Tensor]) -> [Int] {
    broadcast(inputs[0].shape, broadcast(inputs[1].shape, inputs[2].shape))
  }
}
