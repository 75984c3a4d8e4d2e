/// `Σ a · b` in f64, in which products of f32 are exact.
public func dotProduct(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
) -> Double {
  var sums = SIMD8<Double>()
  let (x, y) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
  let width = 8 * MemoryLayout<Float>.stride
  for block in 0..<count / 8 {
    sums +=
      SIMD8<Double>(x.loadUnaligned(fromByteOffset: block * width, as: SIMD8<Float>.self))
      * SIMD8<Double>(y.loadUnaligned(fromByteOffset: block * width, as: SIMD8<Float>.self))
  }
  var sum = sums.sum()
  for index in (count / 8 * 8)..<max(count / 8 * 8, count) {
    sum += Double(a[index]) * Double(b[index])
  }
  return sum
}

/// Adds each channel's sum over [outer, channels, inner] to `sums`, in f64.
public func addChannelSums(
  of values: UnsafePointer<Float>, outer: Int, inner: Int, to sums: inout [Double]
) {
  let channels = sums.count
  sums.withUnsafeMutableBufferPointer { sums in
    for block in 0..<outer {
      let rows = values + block * channels * inner
      for channel in 0..<channels {
        var sum = 0.0
        for index in 0..<inner { sum += Double(rows[channel * inner + index]) }
        sums[channel] += sum
      }
    }
  }
}
