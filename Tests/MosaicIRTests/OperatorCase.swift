import MosaicIR
import MosaicTestSupport
import Testing

/// An operation with the shapes of its operands.
struct OperatorCase: CustomTestStringConvertible, Sendable {
  var operation: any Operator
  var shapes: [[Int]]
  /// Below which the elements of operand 0 lie, where it holds integers.
  var indices: Int?

  init(_ operation: any Operator, _ shapes: [Int]..., indices: Int? = nil) {
    self.operation = operation
    self.shapes = shapes
    self.indices = indices
  }

  var testDescription: String {
    let attributes = operation.attributes.map { " \($0.name)=\($0.value)" }.joined()
    return "\(operation.name)\(attributes) \(shapes.map(\.description).joined(separator: " "))"
  }

  func operands(seed: UInt64) -> [Tensor] {
    var random = SplitMix64(seed: seed)
    return shapes.enumerated().map { index, shape in
      let count = shape.reduce(1, *)
      if index == 0, let indices {
        let drawn = (0..<count).map { _ in Int32.random(in: 0..<Int32(indices), using: &random) }
        return Tensor(drawn, shape: shape)
      }
      return Tensor(random.floats(count), shape: shape)
    }
  }

  /// The types of the operands with nothing symbolic in them.
  var types: [TensorType] {
    shapes.enumerated().map { index, shape in
      TensorType(
        shape.map { Dimension($0) }, element: index == 0 && indices != nil ? .i32 : .f32)
    }
  }
}
