/// The same elements, row-major, under another shape.
public struct Reshape: Operator {
  public static let name = "reshape"
  public var shape: [Dimension]

  public init(to shape: [Dimension]) { self.shape = shape }

  public var attributes: [(name: String, value: String)] {
    [("to", "[\(shape.map(\.description).joined(separator: ", "))]")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, let count = TensorType(shape).count, count == inputs[0].count else {
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
    [inputs[0].reshaped(TensorType(shape).shape(batch: batch(of: inputs[0].count)))]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    inputs[0].number(at: position)
  }

  /// The batch at which `shape` has `count` elements.
  private func batch(of count: Int) -> Int {
    let type = TensorType(shape)
    guard let product = type.count, product.factor > 0, product.power > 0 else { return 0 }
    let rest = count / product.factor
    // The root of a whole number that is one: the first guess is off by rounding alone.
    var root = product.power == 1 ? rest : 0
    while Dimension(1, power: product.power).extent(batch: root) < rest { root += 1 }
    return root
  }
}
