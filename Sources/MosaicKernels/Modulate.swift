/// `y = x · (1 + scale) + shift` for each row of x [rows, width]; scale and shift [width].
///
/// `y` may be `x`, and otherwise must not overlap an operand.
public func modulate(
  _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
  into y: UnsafeMutablePointer<Float>, rows: Int, width: Int
) {
  for row in 0..<rows {
    let (from, to) = (x + row * width, y + row * width)
    for column in 0..<width { to[column] = from[column] * (1 + scale[column]) + shift[column] }
  }
}
