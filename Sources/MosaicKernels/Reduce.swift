public import MosaicCore

/// One number from all along an axis: x [outer, extent, inner], y [outer, inner]. Sums are f64.
///
/// `y` must not overlap `x`.
public func reduce(
  _ reduction: Reduction, _ x: UnsafePointer<Float>, outer: Int, extent: Int, inner: Int,
  into y: UnsafeMutablePointer<Float>
) {
  let (larger, smaller) = (BinaryFunction.maximum, BinaryFunction.minimum)
  switch reduction {
  case .maximum: fold(x, outer, extent, inner, y, -.infinity) { larger($0, $1) }
  case .minimum: fold(x, outer, extent, inner, y, .infinity) { smaller($0, $1) }
  case .product: fold(x, outer, extent, inner, y, 1) { $0 * $1 }
  case .sum: fold(x, outer, extent, inner, y, 0) { $0 + $1 }
  case .sumOfSquares: fold(x, outer, extent, inner, y, 0) { $0 + $1 * $1 }
  case .mean:
    let share = 1 / Double(extent)
    fold(x, outer, extent, inner, y, 0, { $0 + $1 }, { $0 * share })
  }
}

@inline(__always)
private func fold(
  _ x: UnsafePointer<Float>, _ outer: Int, _ extent: Int, _ inner: Int,
  _ y: UnsafeMutablePointer<Float>, _ start: Double, _ step: (Double, Double) -> Double,
  _ finish: (Double) -> Double = { $0 }
) {
  for block in 0..<outer {
    for column in 0..<inner {
      let from = x + block * extent * inner + column
      var value = start
      for index in 0..<extent { value = step(value, Double(from[index * inner])) }
      y[block * inner + column] = Float(finish(value))
    }
  }
}
