public import MosaicCore

/// The same numbers in another element type: floats to integers towards zero, to booleans by whether
/// they are zero.
public struct Cast: Operator {
  public static let name = "cast"
  public var element: DataType

  public init(to element: DataType) { self.element = element }

  public var attributes: [(name: String, value: String)] {
    [("to", element.rawValue.lowercased())]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, element != .f8e4m3, element != .f8e5m2 else {
      throw ShapeError(name, expected: "one operand", found: inputs)
    }
    return [TensorType(inputs[0].shape, element: element)]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    AxisRule.passingAll(rank: inputs[0].rank)
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    if element == x.element { return [x] }
    if element == .bool {
      let truths = x.doubles.map { $0 == 0 ? 0 : 1 as Int64 }
      return [Tensor(integers: truths, shape: x.shape, as: .bool)]
    }
    guard element.isFloat else {
      return [Tensor(integers: x.integers, shape: x.shape, as: element)]
    }
    if case .floats(let values) = x.elements {
      return [Tensor(values, shape: x.shape, as: element)]
    }
    return [Tensor(doubles: x.doubles, shape: x.shape, as: element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let x = inputs[0].number(at: position)
    return element == .bool ? (x == 0 ? 0 : 1) : element.isFloat ? x : x.rounded(.towardZero)
  }
}
