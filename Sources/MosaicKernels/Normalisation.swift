internal import CMosaicSIMD

/// Each row of x [rows, width] to mean 0 and variance 1, then, where given, `· weight + bias`, then
/// `· (1 + scale) + shift`.
///
/// Weight, bias, scale and shift are [width]. Sums are f32 in at least 16 partial sums, and the mean
/// is corrected by that of the deviations, so rows far from zero keep their precision. `y` may be
/// `x`, and otherwise must not overlap an operand.
///
/// - Parameters:
///   - epsilon: Added to the variance (that of the row, divisor `width`).
///   - affine: weight and bias.
///   - modulation: scale and shift.
public func layerNorm(
  _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rows: Int, width: Int,
  epsilon: Float,
  affine: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)? = nil,
  modulation: (scale: UnsafePointer<Float>, shift: UnsafePointer<Float>)? = nil
) {
  mosaic_layer_norm(
    x, y, rows, width, epsilon, affine?.weight, affine?.bias, modulation?.scale,
    modulation?.shift)
}

/// Replaces each row of x [rows, width] by `softmax(scale · row)`.
///
/// The row's largest element is subtracted first. -∞ counts as excluded; a row of nothing else, and
/// a row with NaN or +∞, becomes NaN. Sums are f32 in 16 partial sums.
///
/// - Parameter stride: Distance between rows, in elements.
public func softmaxRows(
  _ x: UnsafeMutablePointer<Float>, rows: Int, width: Int, stride: Int, scale: Float = 1
) {
  mosaic_softmax_rows(x, rows, width, stride, scale)
}
