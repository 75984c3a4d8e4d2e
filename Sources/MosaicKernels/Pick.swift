/// The elements of one axis at `indices`: x [outer, extent, inner], y [outer, indices.count, inner].
/// An index of -1 gives zeros.
///
/// `y` must not overlap `x`.
public func pick(
  _ x: UnsafePointer<Float>, outer: Int, extent: Int, inner: Int, indices: [Int],
  into y: UnsafeMutablePointer<Float>
) {
  var to = y
  for block in 0..<outer {
    let from = x + block * extent * inner
    for index in indices {
      if index < 0 {
        to.update(repeating: 0, count: inner)
      } else {
        to.update(from: from + index * inner, count: inner)
      }
      to += inner
    }
  }
}

/// `y` [outer, Σ widths] gets x [outer, width] as its columns from `column` on.
///
/// - Parameter stride: Σ widths.
public func placeColumns(
  _ x: UnsafePointer<Float>, outer: Int, width: Int, into y: UnsafeMutablePointer<Float>,
  column: Int, stride: Int
) {
  for row in 0..<outer {
    (y + row * stride + column).update(from: x + row * width, count: width)
  }
}
