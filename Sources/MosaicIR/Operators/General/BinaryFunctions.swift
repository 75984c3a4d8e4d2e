internal import MosaicCore

extension BinaryFunction {
  /// Whether results are booleans.
  var isPredicate: Bool {
    switch self {
    case .equal, .greater, .greaterOrEqual, .less, .lessOrEqual, .and, .or, .xor: true
    default: false
    }
  }
}

/// `base` to a whole power, wrapping; of a negative power what division leaves.
func raise(_ base: Int64, to exponent: Int64) -> Int64 {
  guard exponent >= 0 else {
    return base == 1 ? 1 : base == -1 ? (exponent.isMultiple(of: 2) ? 1 : -1) : 0
  }
  var (result, square, rest): (Int64, Int64, Int64) = (1, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result = result &* square }
    square = square &* square
    rest >>= 1
  }
  return result
}

/// The shape that both repeat to; nil where an axis has two extents and neither is 1.
public func broadcast(_ a: [Dimension], _ b: [Dimension]) -> [Dimension]? {
  var shape: [Dimension] = []
  let rank = max(a.count, b.count)
  for axis in 0..<rank {
    let (i, j) = (axis - (rank - a.count), axis - (rank - b.count))
    let (x, y): (Dimension, Dimension) = (i < 0 ? 1 : a[i], j < 0 ? 1 : b[j])
    guard x == y || x == 1 || y == 1 else { return nil }
    shape.append(x == 1 ? y : x)
  }
  return shape
}

/// The same of bound shapes that are known to broadcast.
func broadcast(_ a: [Int], _ b: [Int]) -> [Int] {
  let rank = max(a.count, b.count)
  return (0..<rank).map { axis in
    let (i, j) = (axis - (rank - a.count), axis - (rank - b.count))
    let (x, y) = (i < 0 ? 1 : a[i], j < 0 ? 1 : b[j])
    return x == 1 ? y : x
  }
}
