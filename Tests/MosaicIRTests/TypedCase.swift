import MosaicCore
import MosaicIR
import MosaicTestSupport
import Testing

/// An operation with the types of its operands.
struct TypedCase: CustomTestStringConvertible, Sendable {
  var operation: any Operator
  var operands: [TensorType]

  init(_ operation: any Operator, _ operands: TensorType...) {
    self.operation = operation
    self.operands = operands
  }

  var testDescription: String {
    let attributes = operation.attributes.map { " \($0.name)=\($0.value)" }.joined()
    return "\(operation.name)\(attributes) "
      + operands.map(\.description).joined(separator: ", ")
  }

  /// Floats in -1 ..< 1, integers in 1 ... 4 so that none divides by zero, random truths.
  func values(seed: UInt64) -> [Tensor] {
    var random = SplitMix64(seed: seed)
    return operands.map { type in
      let shape = type.shape(batch: 1)
      let count = shape.reduce(1, *)
      if type.element.isFloat {
        return Tensor(random.floats(count), shape: shape, as: type.element)
      }
      let range: ClosedRange<Int64> = type.element == .bool ? 0...1 : 1...4
      let drawn = (0..<count).map { _ in Int64.random(in: range, using: &random) }
      return Tensor(integers: drawn, shape: shape, as: type.element)
    }
  }

  /// The largest error of an element against the operation's own f64 loops, as a share of the largest
  /// element or of 1; what is computed has the types that are inferred.
  func largestError(seed: UInt64) throws -> Double {
    let values = values(seed: seed)
    let types = try operation.inferOutputs(from: operands)
    #expect(operation.problem(with: values) == nil)
    let results = operation.evaluate(values)
    #expect(results.map(\.type) == types)
    var error = 0.0
    for (number, result) in results.enumerated() {
      let scale = result.doubles.filter(\.isFinite).reduce(1.0) { max($0, abs($1)) }
      for (position, value) in result.doubles.enumerated() {
        let expected = operation.reference(values, output: number, position: position)
        if value == expected || value.isNaN && expected.isNaN { continue }
        let difference = abs(value - expected) / scale
        error = difference.isNaN ? .infinity : max(error, difference)
      }
    }
    return error
  }
}

/// A fixed type.
func f32(_ shape: Int...) -> TensorType { TensorType(shape.map { Dimension($0) }) }
func typed(_ element: DataType, _ shape: Int...) -> TensorType {
  TensorType(shape.map { Dimension($0) }, element: element)
}
