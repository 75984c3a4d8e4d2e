/// The same elements under another shape, the batch axis staying first.
public struct Reshape: Operator {
  public static let name = "reshape"
  public var shape: [Dimension]

  public init(to shape: [Dimension]) { self.shape = shape }

  public var attributes: [(name: String, value: String)] {
    [("to", "[\(shape.map(\.description).joined(separator: ", "))]")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1,
      TensorType(shape).shape(batch: 1).reduce(1, *)
        == inputs[0].shape(batch: 1).reduce(1, *),
      shape.reduce(0, { $0 + $1.power }) == inputs[0].shape.reduce(0, { $0 + $1.power })
    else {
      throw ShapeError(
        name, expected: "as many elements as \(TensorType(shape))", found: inputs)
    }
    return [TensorType(shape, element: inputs[0].element)]
  }

  /// Axes that keep their place and extent from the front pass; the others are pinned.
  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let kept = zip(inputs[0].shape, shape).prefix { $0 == $1 }.count
    let reason = AxisRule.Role.pinned("a reshape folds it")
    return (0..<kept).map { AxisRule(.passes, [.input(0, axis: $0), .output(0, axis: $0)]) }
      + (kept..<max(kept, inputs[0].rank)).map { AxisRule(reason, [.input(0, axis: $0)]) }
      + (kept..<max(kept, shape.count)).map { AxisRule(reason, [.output(0, axis: $0)]) }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    var result = inputs[0]
    let fixed = TensorType(shape).shape(batch: 1).reduce(1, *)
    result.shape = TensorType(shape).shape(batch: fixed == 0 ? 0 : inputs[0].count / fixed)
    return [result]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    Double(inputs[0].floats[position])
  }
}
