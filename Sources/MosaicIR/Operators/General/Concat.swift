/// Operands one after the other along `axis`; their other extents are equal.
public struct Concat: Operator {
  public static let name = "concat"
  public var axis: Int

  public init(axis: Int) { self.axis = axis }

  public var attributes: [(name: String, value: String)] { [("axis", "\(axis)")] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    let found = ShapeError(
      name, expected: "operands that differ in axis \(axis) alone", found: inputs)
    guard var result = inputs.first, result.shape.indices.contains(axis) else { throw found }
    for input in inputs.dropFirst() {
      guard input.element == result.element, input.rank == result.rank,
        zip(input.shape, result.shape).enumerated().allSatisfy({ index, pair in
          index == axis || pair.0 == pair.1
        }), let sum = result.shape[axis].added(to: input.shape[axis])
      else { throw found }
      result.shape[axis] = sum
    }
    return [result]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let others = (0..<outputs[0].rank).filter { $0 != axis }.map { other in
      AxisRule(
        .passes, inputs.indices.map { .input($0, axis: other) } + [.output(0, axis: other)])
    }
    guard outputs[0].shape[axis].isFixed else {
      let parts = inputs.indices.map { AxisRule.Axis.input($0, axis: axis) }
      return others
        + (parts + [.output(0, axis: axis)]).map {
          AxisRule(.pinned("samples are joined"), [$0])
        }
    }
    var start = 0
    return others
      + inputs.indices.map { index in
        defer { start += inputs[index].shape[axis].factor }
        return AxisRule(.passes, [.input(index, axis: axis), .output(0, axis: axis, from: start)])
      }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Tensor.joined(inputs, axis: axis)] }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    var shape = inputs[0].shape
    shape[axis] = inputs.reduce(0) { $0 + $1.shape[axis] }
    var at = Tensor.coordinates(of: position, in: shape)
    for input in inputs {
      if at[axis] < input.shape[axis] {
        return input.number(
          at: zip(Tensor.strides(of: input.shape), at).reduce(0) { $0 + $1.0 * $1.1 })
      }
      at[axis] -= input.shape[axis]
    }
    return .nan
  }
}
