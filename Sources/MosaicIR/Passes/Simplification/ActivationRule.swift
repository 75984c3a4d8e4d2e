#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a value follows from one other, element by element: its values at fixed places.
struct ElementwiseCurve: Sendable {
  var source: ValueID
  var values: [Double]

  /// Dense where activations bend, with some far out, where they may be cut off.
  static let places: [Double] =
    (-24...24).map { Double($0) / 4 + 1 / 64 } + [-1000, -60, -20, -9, 9, 20, 60, 1000]
}

/// An activation in parts: whatever of sigmoid, erf, tanh, powers and numbers it is written with, at
/// fixed places it has the values of the one operation.
let recogniseActivation: GraphRewriter.Rule = { operation, operands, name, rewriter in
  guard let type = try? operation.inferOutputs(from: operands.map(rewriter.type))[0],
    type.element == .f32, let curve = rewriter.curve(of: operation, operands)
  else { return nil }
  for function in Activate.Function.allCases where rewriter.type(curve.source) == type {
    let wanted = ElementwiseCurve.places.map { Activate(function).value(at: $0) }
    let isSame = zip(curve.values, wanted).allSatisfy { found, wanted in
      abs(found - wanted) <= 2e-6 * max(1, abs(wanted))
    }
    guard isSame, operation as? Activate != Activate(function) else { continue }
    return rewriter.emit(Activate(function), [curve.source], name: name)
  }
  // Written as it is, so that what reads it can look further back.
  guard let results = try? rewriter.writePlainly(operation, operands, name: name) else {
    return nil
  }
  rewriter.curves[results[0]] = curve
  return results[0]
}

extension GraphRewriter {
  /// The curve of an elementwise operation on one value and numbers; nil for any other.
  fileprivate mutating func curve(
    of operation: any Operator, _ operands: [ValueID]
  ) -> ElementwiseCurve? {
    func own(_ id: ValueID) -> ElementwiseCurve {
      curves[id] ?? ElementwiseCurve(source: id, values: ElementwiseCurve.places)
    }
    if let unary = operation as? ElementwiseUnary {
      let x = own(operands[0])
      return ElementwiseCurve(source: x.source, values: x.values.map { unary.function($0) })
    }
    guard let binary = operation as? ElementwiseBinary, !binary.function.isPredicate else {
      return nil
    }
    let (first, second) = (uniform(operands[0]), uniform(operands[1]))
    if let first {
      let y = own(operands[1])
      return ElementwiseCurve(source: y.source, values: y.values.map { binary.function(first, $0) })
    }
    let x = own(operands[0])
    if let second {
      return ElementwiseCurve(
        source: x.source, values: x.values.map { binary.function($0, second) })
    }
    // A product with a value's own curve.
    var y = own(operands[1])
    var left = x
    if curves[operands[0]] == nil, y.source == operands[0] { left = own(operands[0]) }
    if curves[operands[1]] == nil, x.source == operands[1] { y = own(operands[1]) }
    guard left.source == y.source else { return nil }
    return ElementwiseCurve(
      source: left.source, values: zip(left.values, y.values).map { binary.function($0, $1) })
  }
}

extension Activate {
  fileprivate func value(at x: Double) -> Double {
    switch function {
    case .silu: ElementwiseUnary.Function.silu(x)
    case .geluErf: ElementwiseUnary.Function.geluErf(x)
    case .geluTanh: ElementwiseUnary.Function.geluTanh(x)
    }
  }
}
