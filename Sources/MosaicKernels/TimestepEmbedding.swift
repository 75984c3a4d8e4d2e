#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Sinusoids of a timestep, y [width]: for i < width / 2 the angle is
/// `t · exp(-ln(maxPeriod) · i / (width / 2 - frequencyShift))`; cosines then sines if
/// `cosineFirst`, else sines then cosines. The last element of an odd width is 0.
///
/// Computed in f64, so the only error is the rounding of the result.
///
/// Source: Vaswani et al., "Attention Is All You Need", section 3.5, arXiv:1706.03762, with the two
/// halves side by side as diffusion networks have them.
public func timestepEmbedding(
  _ t: Float, into y: UnsafeMutablePointer<Float>, width: Int, maxPeriod: Float,
  frequencyShift: Float, cosineFirst: Bool
) {
  let half = width / 2
  let cosines = cosineFirst ? y : y + half
  let sines = cosineFirst ? y + half : y
  let decay = -log(Double(maxPeriod)) / (Double(half) - Double(frequencyShift))
  for index in 0..<half {
    let angle = Double(t) * exp(decay * Double(index))
    cosines[index] = Float(cos(angle))
    sines[index] = Float(sin(angle))
  }
  if !width.isMultiple(of: 2) { y[width - 1] = 0 }
}
