#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension ErrorCurve {
  /// The rate taken where one level alone was measured, which says nothing of the growth.
  public static let assumedRate = 4.0

  /// Rates searched. Below the first the exponential is a straight line to within 0.05 %; above the
  /// last it grows by 10^26 over the sparsities there are.
  private static let rates = 1e-3...60.0

  /// Fits b(s) = c (exp(k s) − 1) to measured amplitudes by least squares of ln b.
  ///
  /// For a given k the best ln c is a mean, so the search is over k alone: a scan, then a bisection
  /// of the derivative. Amplitudes of 0 beside others are left out (their logarithm says nothing);
  /// if all are 0 the curve is. Noise that makes the amplitudes fall, or grow less than linearly,
  /// gives the straight line that fits best.
  ///
  /// - Parameters:
  ///   - levels: Sparsities, rising within (0, 1].
  ///   - amplitudes: The error that arrives at the final sample at each level.
  ///   - what: Whose curve it is, for the error message.
  /// - Throws: `AllocationError.badMeasurement`.
  public static func fitted(
    levels: [Double], amplitudes: [Double], of what: String = "error curve"
  ) throws(AllocationError) -> ErrorCurve {
    try validate(levels: levels, amplitudes: amplitudes, of: what)
    let largest = levels[levels.count - 1]
    let samples = zip(levels, amplitudes).filter { $0.1 > 0 }.map { (level: $0, log: log($1)) }
    guard !samples.isEmpty else {
      return ErrorCurve(
        shape: .exponential(scale: 0, rate: assumedRate), largestLevel: largest, residual: 0)
    }
    let rate = samples.count == 1 ? assumedRate : bestRate(for: samples)
    let offsets = samples.map { $0.log - logGrowth(rate * $0.level) }
    let mean = offsets.reduce(0, +) / Double(offsets.count)
    let squares = offsets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return ErrorCurve(
      shape: .exponential(scale: exp(mean), rate: rate), largestLevel: largest,
      residual: (squares / Double(offsets.count)).squareRoot())
  }

  private static func bestRate(for samples: [(level: Double, log: Double)]) -> Double {
    let count = 64
    let ratio = log(rates.upperBound / rates.lowerBound) / Double(count)
    let scan = (0...count).map { rates.lowerBound * exp(ratio * Double($0)) }
    let losses = scan.map { slopeAndLoss(of: samples, rate: $0).loss }
    let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0

    var low = scan[max(best - 1, 0)]
    var high = scan[min(best + 1, count)]
    if slopeAndLoss(of: samples, rate: low).slope >= 0 { return low }
    if slopeAndLoss(of: samples, rate: high).slope <= 0 { return high }
    while true {
      let middle = (low + high) / 2
      guard middle > low, middle < high else { return middle }
      if slopeAndLoss(of: samples, rate: middle).slope < 0 { low = middle } else { high = middle }
    }
  }

  /// The loss with c eliminated, Σ (rᵢ − r̄)² with rᵢ = ln bᵢ − ln(exp(k sᵢ) − 1), and half its
  /// derivative in k.
  private static func slopeAndLoss(
    of samples: [(level: Double, log: Double)], rate: Double
  ) -> (slope: Double, loss: Double) {
    let offsets = samples.map { $0.log - logGrowth(rate * $0.level) }
    let mean = offsets.reduce(0, +) / Double(offsets.count)
    var slope = 0.0
    var loss = 0.0
    for (sample, offset) in zip(samples, offsets) {
      // d/dk ln(exp(k s) − 1) = s / (1 − exp(−k s)).
      slope -= (offset - mean) * sample.level / -expm1(-rate * sample.level)
      loss += (offset - mean) * (offset - mean)
    }
    return (slope, loss)
  }

  /// ln(exp(x) − 1), without overflow for large x or cancellation for small x.
  private static func logGrowth(_ x: Double) -> Double {
    x > 1 ? x + log1p(-exp(-x)) : log(expm1(x))
  }
}
