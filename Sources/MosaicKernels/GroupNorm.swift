/// Each group of channels of x [groups · c, pixels] to mean 0 and variance 1, then, where given,
/// `· weight + bias` by channel, then `activation`.
///
/// Sums are f64. `y` may be `x`, and otherwise must not overlap an operand.
///
/// Source: Wu and He, "Group Normalization", arXiv:1803.08494.
///
/// - Parameters:
///   - channels: A multiple of `groups`.
///   - epsilon: Added to a group's variance.
///   - affine: weight and bias [channels].
///   - only: Groups that are computed; all by default.
public func groupNorm(
  _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, groups: Int, channels: Int,
  pixels: Int, epsilon: Float,
  affine: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)? = nil,
  activation: Activation = .none, only: Range<Int>? = nil
) {
  let perGroup = channels / groups
  let size = perGroup * pixels
  for group in only ?? 0..<groups {
    let (mean, variance) = moments(x + group * size, count: size)
    let factor = 1 / (variance + Double(epsilon)).squareRoot()
    for channel in group * perGroup..<(group + 1) * perGroup {
      let (scale, shift) = (
        Float(factor) * (affine?.weight[channel] ?? 1), affine?.bias[channel] ?? 0
      )
      let (from, to) = (x + channel * pixels, y + channel * pixels)
      for index in 0..<pixels { to[index] = (from[index] - Float(mean)) * scale + shift }
    }
    // While the group is in cache.
    if activation != .none {
      activate(activation, y + group * size, into: y + group * size, count: size)
    }
  }
}

/// Mean and variance (divisor `count`), in two passes and 8 partial sums each.
private func moments(_ x: UnsafePointer<Float>, count: Int) -> (mean: Double, variance: Double) {
  let mean = sum(x, count) { $0 } / Double(count)
  return (mean, sum(x, count) { ($0 - mean) * ($0 - mean) } / Double(count))
}

@inline(__always)
private func sum(
  _ x: UnsafePointer<Float>, _ count: Int, _ term: (Double) -> Double
) -> Double {
  var sums = SIMD8<Double>(repeating: 0)
  let whole = count & ~7
  for start in stride(from: 0, to: whole, by: 8) {
    for lane in 0..<8 { sums[lane] += term(Double(x[start + lane])) }
  }
  return (whole..<count).reduce(sums.sum()) { $0 + term(Double(x[$1])) }
}

/// `y = x / sqrt(mean(x²) + epsilon) · weight` for each row of x [rows, width]; weight [width].
///
/// `y` may be `x`, and otherwise must not overlap an operand.
///
/// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", arXiv:1910.07467.
public func rmsNorm(
  _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
  rows: Int, width: Int, epsilon: Float
) {
  for row in 0..<rows {
    let (from, to) = (x + row * width, y + row * width)
    let squares = sum(from, width) { $0 * $0 }
    let factor = Float(1 / (squares / Double(width) + Double(epsilon)).squareRoot())
    for column in 0..<width { to[column] = from[column] * factor * weight[column] }
  }
}
