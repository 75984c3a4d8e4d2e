/// What the compiler asks of an operation: what it accepts, what it costs, which axes move
/// together, its result, and one element of the result by plain arithmetic.
///
/// An operation is one file in `Operators` and one line in nobody's registry: passes ask it, they
/// do not switch over it.
public protocol Operator: Sendable, Equatable {
  /// The name in dumps, in lower case with hyphens.
  static var name: String { get }

  /// Attributes in the order they are printed.
  var attributes: [(name: String, value: String)] { get }

  /// - Throws: `ShapeError` saying what was expected.
  func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType]

  /// The work of one sample.
  func cost(of inputs: [TensorType], outputs: [TensorType]) -> Cost

  /// How the axes of inputs and outputs couple.
  func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule]

  /// The operation where axes of its operands have lost elements: whatever of shapes and places it
  /// holds itself has to follow.
  ///
  /// - Parameters:
  ///   - inputs: The types its operands have now.
  ///   - outputs: The types its results are to have.
  ///   - lost: The elements that an axis of an operand has lost, ascending.
  func resized(
    _ inputs: [TensorType], to outputs: [TensorType], lost: (AxisRule.Axis) -> [Int]
  ) -> Self

  /// What is wrong with the operands' values, where some have no result: an index outside its axis.
  /// `evaluate` is only called where this is nil.
  func problem(with inputs: [Tensor]) -> String?

  /// The outputs, by the same kernels the runtime calls.
  func evaluate(_ inputs: [Tensor]) -> [Tensor]

  /// Element `position` (row-major) of output `output`, by plain loops in f64: the reference that
  /// `evaluate` is held against.
  func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double
}

extension Operator {
  public var name: String { Self.name }
  public var attributes: [(name: String, value: String)] { [] }
  public func cost(of inputs: [TensorType], outputs: [TensorType]) -> Cost { Cost() }
  public func problem(with inputs: [Tensor]) -> String? { nil }
  public func resized(
    _ inputs: [TensorType], to outputs: [TensorType], lost: (AxisRule.Axis) -> [Int]
  ) -> Self { self }

  func isEqual(to other: any Operator) -> Bool {
    guard let other = other as? Self else { return false }
    return self == other
  }

  /// The outputs element by element from `reference`: for element types that no kernel has.
  func evaluateByReference(_ inputs: [Tensor]) -> [Tensor] {
    let types = (try? inferOutputs(from: inputs.map(\.type))) ?? []
    return types.enumerated().map { output, type in
      let shape = type.shape(batch: 1)
      let doubles = (0..<shape.reduce(1, *)).map {
        reference(inputs, output: output, position: $0)
      }
      return Tensor(doubles: doubles, shape: shape, as: type.element)
    }
  }
}

/// The work of a node for one sample.
public struct Cost: Sendable, Equatable {
  /// Multiply-accumulates of products and convolutions.
  public var macs: Int

  public init(macs: Int = 0) { self.macs = macs }

  /// As many as the factors' product; `Int.max` where that is larger.
  init(macs factors: Int...) {
    macs = factors.reduce(1) { product, factor in
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? .max : next
    }
  }
}

/// Operands do not fit an operation.
public struct ShapeError: Error, Equatable, Sendable {
  public var operation: String
  public var expected: String
  public var found: [TensorType]

  public init(_ operation: String, expected: String, found: [TensorType]) {
    self.operation = operation
    self.expected = expected
    self.found = found
  }
}
