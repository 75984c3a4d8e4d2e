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

/// Axes of a node's operands that gain and lose units together, and in which part.
public struct AxisRule: Sendable, Equatable {
  public enum Role: Sendable, Equatable {
    /// The axis goes through unchanged.
    case passes
    /// The rows of a weight make the axis.
    case produces
    /// A weight's columns sum the axis away.
    case contracts
    /// The axis keeps its extent, for the reason given.
    case pinned(String)
  }

  public enum Axis: Hashable, Sendable {
    case input(Int, axis: Int)
    case output(Int, axis: Int)
  }

  public var role: Role
  public var axes: [Axis]
  /// Neighbours that only move as a block: the size of an attention head.
  public var block: Int

  public init(_ role: Role, _ axes: [Axis], block: Int = 1) {
    self.role = role
    self.axes = axes
    self.block = block
  }

  /// Axes of operands that broadcast to `output` pass where they do not repeat.
  static func passingBroadcast(_ inputs: [TensorType], to output: TensorType) -> [AxisRule] {
    (0..<output.rank).map { axis in
      let sources = inputs.enumerated().compactMap { index, type -> AxisRule.Axis? in
        let own = axis - (output.rank - type.rank)
        guard own >= 0, type.shape[own] == output.shape[axis] else { return nil }
        return .input(index, axis: own)
      }
      return AxisRule(.passes, sources + [.output(0, axis: axis)])
    }
  }

  /// Every axis keeps its extent.
  static func pinningAll(
    _ reason: String, _ inputs: [TensorType], _ outputs: [TensorType]
  ) -> [AxisRule] {
    let axes =
      inputs.enumerated().flatMap { index, type in
        (0..<type.rank).map { AxisRule.Axis.input(index, axis: $0) }
      }
      + outputs.enumerated().flatMap { index, type in
        (0..<type.rank).map { AxisRule.Axis.output(index, axis: $0) }
      }
    return axes.map { AxisRule(.pinned(reason), [$0]) }
  }

  /// Every axis of the first `inputs` operands passes to the same axis of output 0.
  static func passingAll(inputs: Int = 1, rank: Int, except: Set<Int> = []) -> [AxisRule] {
    (0..<rank).filter { !except.contains($0) }.map { axis in
      AxisRule(.passes, (0..<inputs).map { .input($0, axis: axis) } + [.output(0, axis: axis)])
    }
  }
}
