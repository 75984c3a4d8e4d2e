/// Repeated along axes of extent 1, and along new ones in front, until y has `shape`: x and, where
/// `shape` has a batch that x has not, a value to take it from, whose axis 0 it is.
public struct Expand: Operator {
  public static let name = "expand"
  public var shape: [Dimension]

  public init(to shape: [Dimension]) { self.shape = shape }

  public var attributes: [(name: String, value: String)] {
    [("to", "[\(shape.map(\.description).joined(separator: ", "))]")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    let isBound = TensorType(shape).isFixed || inputs.contains { !TensorType($0.shape).isFixed }
    guard (1...2).contains(inputs.count), isBound, shape.allSatisfy({ $0.factor >= 0 }),
      broadcast(inputs[0].shape, shape) == shape,
      inputs.count == 1 || inputs[1].shape.first == .batch
    else {
      throw ShapeError(
        name, expected: "an operand that repeats to \(TensorType(shape))", found: inputs)
    }
    return [TensorType(shape, element: inputs[0].element)]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    AxisRule.passingBroadcast([inputs[0]], to: outputs[0])
  }

  public func resized(
    _ inputs: [TensorType], to outputs: [TensorType], lost: (AxisRule.Axis) -> [Int]
  ) -> Expand { Expand(to: outputs[0].shape) }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    [inputs[0].broadcast(to: TensorType(shape).shape(batch: batch(of: inputs)))]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let x = inputs[0]
    let bound = TensorType(shape).shape(batch: batch(of: inputs))
    let at = Tensor.coordinates(of: position, in: bound)
    return x.number(at: zip(x.broadcastStrides(in: bound), at).reduce(0) { $0 + $1.0 * $1.1 })
  }

  private func batch(of inputs: [Tensor]) -> Int {
    if inputs.count > 1 { return inputs[1].shape[0] }
    let lead = shape.count - inputs[0].shape.count
    for (axis, extent) in inputs[0].shape.enumerated() {
      let dimension = shape[axis + lead]
      if dimension.power == 1, dimension.factor > 0 { return extent / dimension.factor }
    }
    return 1
  }
}
