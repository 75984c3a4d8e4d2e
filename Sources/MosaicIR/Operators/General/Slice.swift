/// Every `step`th element from `start` on along one axis: `count` of them.
public struct Slice: Operator {
  public static let name = "slice"
  public var axis: Int
  public var start: Int
  /// Not 0; negative ones go backwards.
  public var step: Int
  public var count: Int

  public init(axis: Int, start: Int, step: Int = 1, count: Int) {
    self.axis = axis
    self.start = start
    self.step = step
    self.count = count
  }

  public var attributes: [(name: String, value: String)] {
    [("axis", "\(axis)"), ("start", "\(start)"), ("step", "\(step)"), ("count", "\(count)")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, inputs[0].shape.indices.contains(axis),
      inputs[0].shape[axis].isFixed, step != 0, count >= 0,
      isInside(inputs[0].shape[axis].factor)
    else {
      throw ShapeError(
        name, expected: "\(count) elements from \(start) by \(step) on axis \(axis)",
        found: inputs)
    }
    var shape = inputs[0].shape
    shape[axis] = Dimension(count)
    return [TensorType(shape, element: inputs[0].element)]
  }

  private func isInside(_ extent: Int) -> Bool {
    if count == 0 { return true }
    let (reach, overflow) = (count - 1).multipliedReportingOverflow(by: step)
    let (last, wraps) = start.addingReportingOverflow(reach)
    return !overflow && !wraps && (0..<extent).contains(start) && (0..<extent).contains(last)
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let others = AxisRule.passingAll(rank: inputs[0].rank, except: [axis])
    guard step == 1 else {
      return others + [
        AxisRule(.pinned("a slice takes every \(step)th of it"), [.input(0, axis: axis)]),
        AxisRule(.pinned("it is every \(step)th of an axis"), [.output(0, axis: axis)]),
      ]
    }
    return others + [
      AxisRule(
        .passes, [.output(0, axis: axis), .input(0, axis: axis, from: start)])
    ]
  }

  public func resized(
    _ inputs: [TensorType], to outputs: [TensorType], lost: (AxisRule.Axis) -> [Int]
  ) -> Slice {
    let before = lost(.input(0, axis: axis)).count { $0 < start }
    return Slice(
      axis: axis, start: start - before, step: step, count: outputs[0].shape[axis].factor)
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    var strides = Tensor.strides(of: inputs[0].shape)
    var shape = inputs[0].shape
    shape[axis] = count
    let first = count == 0 ? 0 : start * strides[axis]
    if count > 1 { strides[axis] *= step }
    return [inputs[0].strided(shape, strides: strides, start: first)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    var shape = inputs[0].shape
    shape[axis] = count
    var at = Tensor.coordinates(of: position, in: shape)
    at[axis] = start + step * at[axis]
    return inputs[0].number(
      at: zip(Tensor.strides(of: inputs[0].shape), at).reduce(0) { $0 + $1.0 * $1.1 })
  }
}
