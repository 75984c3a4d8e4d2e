#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `y = f(x)`, element by element; y as x.
public struct ElementwiseUnary: Operator {
  public enum Function: String, Sendable, CaseIterable {
    case absolute, ceiling, cosine, erf, exponential, floor
    case geluErf = "gelu-erf"
    case geluTanh = "gelu-tanh"
    case logarithm, negate, not, reciprocal, rectify
    /// To the nearest whole number, halves to the even one.
    case round
    case sigmoid, sign, silu, sine, softplus
    case squareRoot = "square-root"
    case tangent, tanh
  }

  public static let name = "unary"
  public var function: Function

  public init(_ function: Function) { self.function = function }

  public var attributes: [(name: String, value: String)] { [("function", function.rawValue)] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, takes(inputs[0]) else {
      throw ShapeError(name, expected: "one operand that has \(function.rawValue)", found: inputs)
    }
    return inputs
  }

  /// Whole numbers have the functions that give whole numbers.
  private func takes(_ type: TensorType) -> Bool {
    switch function {
    case .not: type.element == .bool
    case .absolute, .ceiling, .floor, .negate, .rectify, .round, .sign: type.element != .bool
    default: type.element.isFloat
    }
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    AxisRule.passingAll(rank: inputs[0].rank)
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    switch x.elements {
    case .floats(let values):
      return [Tensor(values.map { Float(function($0)) }, shape: x.shape, as: x.element)]
    case .doubles(let values):
      return [Tensor(doubles: values.map { function($0) }, shape: x.shape)]
    case .integers(let values):
      return [Tensor(integers: values.map(integer), shape: x.shape, as: x.element)]
    }
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    function(inputs[0].number(at: position))
  }

  private func integer(_ x: Int64) -> Int64 {
    switch function {
    case .absolute: x < 0 ? 0 &- x : x
    case .negate: 0 &- x
    case .not: x == 0 ? 1 : 0
    case .rectify: max(x, 0)
    case .sign: x.signum()
    default: x
    }
  }
}

extension ElementwiseUnary.Function {
  func callAsFunction(_ x: Float) -> Double { self(Double(x)) }

  func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .absolute: abs(x)
    case .ceiling: x.rounded(.up)
    case .cosine: cos(x)
    case .erf: Self.error(x)
    case .exponential: exp(x)
    case .floor: x.rounded(.down)
    case .geluErf: 0.5 * x * (1 + Self.error(x / 2.0.squareRoot()))
    case .geluTanh:
      0.5 * x * (1 + Self.hyperbolic((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .logarithm: log(x)
    case .negate: -x
    case .not: x == 0 ? 1 : 0
    case .reciprocal: 1 / x
    case .rectify: x > 0 || x.isNaN ? x : 0
    case .round: x.rounded(.toNearestOrEven)
    case .sigmoid: 1 / (1 + exp(-x))
    case .sign: x > 0 ? 1 : x < 0 ? -1 : x
    case .silu: x / (1 + exp(-x))
    case .sine: sin(x)
    case .softplus: x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
    case .squareRoot: x.squareRoot()
    case .tangent: tan(x)
    case .tanh: Self.hyperbolic(x)
    }
  }

  // The cases' names hide the C library's.
  private static func error(_ x: Double) -> Double { cErf(x) }
  private static func hyperbolic(_ x: Double) -> Double { cTanh(x) }
}

private func cErf(_ x: Double) -> Double { erf(x) }
private func cTanh(_ x: Double) -> Double { tanh(x) }
