public import MosaicCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `y = function(x)` over `count` elements, computed in f64 and rounded once; `y` may be `x`, and
/// otherwise must not overlap it.
public func apply(
  _ function: UnaryFunction, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
  count: Int
) {
  switch function {
  case .absolute: map(x, y, count) { abs($0) }
  case .ceiling: map(x, y, count) { $0.rounded(.up) }
  case .cosine: map(x, y, count) { cos($0) }
  case .erf: map(x, y, count) { erf($0) }
  case .exponential: map(x, y, count) { exp($0) }
  case .floor: map(x, y, count) { $0.rounded(.down) }
  case .logarithm: map(x, y, count) { log($0) }
  case .negate: map(x, y, count) { -$0 }
  case .not: map(x, y, count) { $0 == 0 ? 1 : 0 }
  case .reciprocal: map(x, y, count) { 1 / $0 }
  case .rectify: map(x, y, count) { $0 > 0 || $0.isNaN ? $0 : 0 }
  case .round: map(x, y, count) { $0.rounded(.toNearestOrEven) }
  case .sigmoid: map(x, y, count) { 1 / (1 + exp(-$0)) }
  case .sign: map(x, y, count) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
  case .sine: map(x, y, count) { sin($0) }
  case .softplus: map(x, y, count) { $0 > 0 ? $0 + log1p(exp(-$0)) : log1p(exp($0)) }
  case .squareRoot: map(x, y, count) { $0.squareRoot() }
  case .tangent: map(x, y, count) { tan($0) }
  case .tanh: map(x, y, count) { tanh($0) }
  }
}

@inline(__always)
private func map(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int,
  _ function: (Double) -> Double
) {
  for index in 0..<count { y[index] = Float(function(Double(x[index]))) }
}

extension BinaryFunction {
  /// The function's value in f64. NaN goes through `maximum` and `minimum`.
  public func callAsFunction(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .divide: a / b
    case .maximum: a.isNaN ? a : b > a || b.isNaN ? b : a
    case .minimum: a.isNaN ? a : b < a || b.isNaN ? b : a
    case .multiply: a * b
    case .power: pow(a, b)
    case .subtract: a - b
    case .modulo: a - (a / b).rounded(.down) * b
    case .remainder: fmod(a, b)
    case .equal: a == b ? 1 : 0
    case .greater: a > b ? 1 : 0
    case .greaterOrEqual: a >= b ? 1 : 0
    case .less: a < b ? 1 : 0
    case .lessOrEqual: a <= b ? 1 : 0
    case .and: a != 0 && b != 0 ? 1 : 0
    case .or: a != 0 || b != 0 ? 1 : 0
    case .xor: (a != 0) != (b != 0) ? 1 : 0
    }
  }
}
