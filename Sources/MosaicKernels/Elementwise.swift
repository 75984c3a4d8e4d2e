internal import CMosaicSIMD

/// `y = a + b` over `count` elements; `y` may be `a` or `b`, and otherwise must not overlap them.
public func add(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
  count: Int
) {
  mosaic_add(a, b, y, count)
}

/// `y = x + gate · branch`: x, branch and y [rows, width], gate [width].
///
/// `y` may be `x` or `branch`, and otherwise must not overlap an operand.
public func gatedAdd(
  _ x: UnsafePointer<Float>, branch: UnsafePointer<Float>, gate: UnsafePointer<Float>,
  into y: UnsafeMutablePointer<Float>, rows: Int, width: Int
) {
  mosaic_gated_add(x, branch, gate, y, rows, width)
}

/// `y = x + row`, or `x + gate · row`, for each row of x: x and y [rows, width], row and gate
/// [width]. The bits are those of `add` or `gatedAdd` with `row` repeated.
///
/// `y` may be `x`, and otherwise must not overlap an operand.
public func addRow(
  _ row: UnsafePointer<Float>, to x: UnsafePointer<Float>, gate: UnsafePointer<Float>?,
  into y: UnsafeMutablePointer<Float>, rows: Int, width: Int
) {
  for start in stride(from: 0, to: rows * width, by: width) {
    if let gate {
      mosaic_gated_add(x + start, row, gate, y + start, 1, width)
    } else {
      mosaic_add(x + start, row, y + start, width)
    }
  }
}
