public import MosaicCore

extension RotationPairs {
  /// The other coordinate of the pair that `column` of `size` is in.
  @inline(__always)
  public func partner(of column: Int, size: Int) -> Int {
    switch self {
    case .neighbours: column ^ 1
    case .halves: column < size / 2 ? column + size / 2 : column - size / 2
    }
  }

  /// Whether `column` is the first coordinate of its pair.
  @inline(__always)
  public func isFirst(_ column: Int, size: Int) -> Bool {
    switch self {
    case .neighbours: column & 1 == 0
    case .halves: column < size / 2
    }
  }
}

/// Rotary position embedding of one sample: x and y [outer, length, inner, size], cosines and sines
/// [length, size].
///
/// `y = x · cosines + x' · sines`, x' being x with the coordinates of every pair changed over and the
/// then first one negated. `y` overlaps nothing.
///
/// Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", eq. 34,
/// arXiv:2104.09864.
public func rotate(
  _ x: UnsafePointer<Float>, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>,
  into y: UnsafeMutablePointer<Float>, outer: Int, length: Int, inner: Int, size: Int,
  pairs: RotationPairs
) {
  for row in 0..<outer * length * inner {
    let place = row / inner % length * size
    let (x, y) = (x + row * size, y + row * size)
    for column in 0..<size {
      let other = x[pairs.partner(of: column, size: size)]
      let turned = pairs.isFirst(column, size: size) ? -other : other
      y[column] = x[column] * cosines[place + column] + turned * sines[place + column]
    }
  }
}
