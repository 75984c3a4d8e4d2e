/// The last axis cut into equal parts: x [..., parts · width]; `parts` outputs [..., width].
public struct Split: Operator {
  public static let name = "split"
  public var parts: Int

  public init(parts: Int) { self.parts = parts }

  public var attributes: [(name: String, value: String)] { [("parts", "\(parts)")] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, parts > 0, let last = inputs[0].shape.last, last.isFixed,
      last.factor.isMultiple(of: parts)
    else {
      throw ShapeError(name, expected: "x [..., \(parts) · width]", found: inputs)
    }
    let part = TensorType(
      inputs[0].shape.dropLast() + [Dimension(last.factor / parts)], element: inputs[0].element)
    return [TensorType](repeating: part, count: parts)
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let last = inputs[0].rank - 1
    let leading = (0..<last).map { axis in
      AxisRule(
        .passes, [.input(0, axis: axis)] + (0..<parts).map { .output($0, axis: axis) })
    }
    // Parts stay equal, so they lose the same elements.
    let width = outputs[0].shape[last].factor
    return leading + [
      AxisRule(
        .passes,
        (0..<parts).map { .output($0, axis: last) }
          + (0..<parts).map { .input(0, axis: last, from: $0 * width) })
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    let last = x.shape.count - 1
    let width = x.shape[last] / parts
    return (0..<parts).map { part in
      x.strided(
        x.shape.dropLast() + [width], strides: Tensor.strides(of: x.shape), start: part * width)
    }
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let width = inputs[0].shape[inputs[0].shape.count - 1] / parts
    let (row, column) = (position / width, position % width)
    return inputs[0].number(at: (row * parts + output) * width + column)
  }
}
