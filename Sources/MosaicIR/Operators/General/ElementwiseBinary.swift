public import MosaicCore
internal import MosaicKernels

/// `y = f(a, b)`, element by element, each operand repeated along axes where its extent is 1 and
/// along those that it lacks in front.
///
/// Comparisons give booleans. Integers wrap; a quotient of them is cut off towards zero.
public struct ElementwiseBinary: Operator {
  public typealias Function = BinaryFunction

  public static let name = "binary"
  public var function: Function

  public init(_ function: Function) { self.function = function }

  public var attributes: [(name: String, value: String)] { [("function", function.rawValue)] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 2, takes(inputs[0].element, inputs[1].element),
      let shape = broadcast(inputs[0].shape, inputs[1].shape)
    else {
      throw ShapeError(
        name, expected: "two operands of one type that broadcast and have \(function.rawValue)",
        found: inputs)
    }
    return [TensorType(shape, element: function.isPredicate ? .bool : inputs[0].element)]
  }

  private func takes(_ a: DataType, _ b: DataType) -> Bool {
    switch function {
    case .power: a != .bool && b != .bool
    case .and, .or, .xor: a == .bool && b == .bool
    case .equal: a == b
    default: a == b && a != .bool
    }
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    AxisRule.passingBroadcast(inputs, to: outputs[0])
  }

  public func problem(with inputs: [Tensor]) -> String? {
    guard [.divide, .modulo, .remainder].contains(function), !inputs[1].element.isFloat,
      inputs[1].integers.contains(0)
    else { return nil }
    return "an integer is divided by zero"
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let shape = broadcast(inputs[0].shape, inputs[1].shape)
    let (a, b) = (inputs[0].broadcast(to: shape), inputs[1].broadcast(to: shape))
    switch (a.elements, b.elements) {
    case (.integers(let x), .integers(let y)):
      return [result(integers: zip(x, y).map { integer($0, $1, of: a.element) }, a, shape)]
    case (.floats(let x), .floats(let y)):
      if let sums = floats(x, y) { return [Tensor(sums, shape: shape, as: a.element)] }
      if function.isPredicate { fallthrough }
      return [
        Tensor(
          zip(x, y).map { Float(function(Double($0), Double($1))) }, shape: shape, as: a.element)
      ]
    default:
      let values = zip(a.doubles, b.doubles).map { function($0, $1) }
      return [Tensor(doubles: values, shape: shape, as: function.isPredicate ? .bool : a.element)]
    }
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let shape = broadcast(inputs[0].shape, inputs[1].shape)
    let at = Tensor.coordinates(of: position, in: shape)
    let operands = inputs.map { tensor in
      tensor.number(at: zip(tensor.broadcastStrides(in: shape), at).reduce(0) { $0 + $1.0 * $1.1 })
    }
    return function(operands[0], operands[1])
  }

  /// The loops that most time goes to.
  private func floats(_ a: [Float], _ b: [Float]) -> [Float]? {
    switch function {
    case .add: zip(a, b).map { $0 + $1 }
    case .subtract: zip(a, b).map { $0 - $1 }
    case .multiply: zip(a, b).map { $0 * $1 }
    case .divide: zip(a, b).map { $0 / $1 }
    default: nil
    }
  }

  private func result(integers: [Int64], _ a: Tensor, _ shape: [Int]) -> Tensor {
    Tensor(integers: integers, shape: shape, as: function.isPredicate ? .bool : a.element)
  }

  private func integer(_ a: Int64, _ b: Int64, of element: DataType) -> Int64 {
    let isUnsigned = element == .u64
    // Moves the order of unsigned numbers onto that of signed ones.
    let (x, y) = isUnsigned ? (a ^ .min, b ^ .min) : (a, b)
    func quotient() -> (quotient: Int64, remainder: Int64) {
      if isUnsigned {
        let (p, q) = (UInt64(bitPattern: a), UInt64(bitPattern: b))
        return (Int64(bitPattern: p / q), Int64(bitPattern: p % q))
      }
      return (
        a.dividedReportingOverflow(by: b).partialValue,
        a.remainderReportingOverflow(dividingBy: b).partialValue
      )
    }
    switch function {
    case .add: return a &+ b
    case .subtract: return a &- b
    case .multiply: return a &* b
    case .divide: return quotient().quotient
    case .remainder: return quotient().remainder
    case .modulo:
      let remainder = quotient().remainder
      return remainder != 0 && (remainder < 0) != (b < 0) && !isUnsigned
        ? remainder &+ b : remainder
    case .power: return raise(a, to: b)
    case .maximum: return x > y ? a : b
    case .minimum: return x < y ? a : b
    case .equal: return a == b ? 1 : 0
    case .greater: return x > y ? 1 : 0
    case .greaterOrEqual: return x >= y ? 1 : 0
    case .less: return x < y ? 1 : 0
    case .lessOrEqual: return x <= y ? 1 : 0
    case .and: return a & b
    case .or: return a | b
    case .xor: return a ^ b
    }
  }
}
