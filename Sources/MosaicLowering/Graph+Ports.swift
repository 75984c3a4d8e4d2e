public import MosaicBundle
internal import MosaicCore
public import MosaicIR

extension Graph {
  /// The graph's inputs as its program has them, in order.
  public var ports: [Program.Port] { inputs.map(port) }

  func port(of input: ValueID) -> Program.Port {
    let type = self[input].type
    return Program.Port(
      name: self[input].name, shape: portShape(input),
      element: type.element.isFloat || type.element == .bool ? .f32 : .i32)
  }

  /// A scalar a sample is one element.
  func portShape(_ input: ValueID) -> [Int] {
    let shape = self[input].type.sampleShape
    return shape.isEmpty ? [1] : shape
  }
}

extension TensorType {
  /// Whether each sample has elements of its own, one sample's behind the other's, or all share them.
  var isPerSample: Bool {
    guard let first = shape.first else { return true }
    return first.power <= 1 && shape.dropFirst().allSatisfy(\.isFixed)
  }
}
