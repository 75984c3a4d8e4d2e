#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A piecewise cubic through (0, 0) and given points that never falls between them, continued as a
/// straight line beyond the last.
///
/// Source of the slopes: Fritsch and Butland, "A Method for Constructing Local Monotone Piecewise
/// Cubic Interpolants", SIAM J. Sci. Stat. Comput. 5 (1984).
struct MonotoneCubic: Sendable, Equatable {
  private var knots: [Double]
  private var values: [Double]
  private var slopes: [Double]

  /// - Parameters:
  ///   - levels: Positions, rising, above 0; at least one.
  ///   - amplitudes: Values there, 0 or more and never falling.
  init(levels: [Double], amplitudes: [Double]) {
    knots = [0] + levels
    values = [0] + amplitudes
    slopes = Self.slopes(knots: knots, values: values)
  }

  var isZero: Bool { values.allSatisfy { $0 == 0 } }

  func scaled(by factor: Double) -> MonotoneCubic {
    var copy = self
    copy.values = values.map { $0 * factor }
    copy.slopes = slopes.map { $0 * factor }
    return copy
  }

  func jet(at x: Double) -> Jet {
    let last = knots.count - 1
    guard x < knots[last] else {
      return Jet(
        value: values[last] + slopes[last] * (x - knots[last]), first: slopes[last], second: 0)
    }
    var i = 0
    while x >= knots[i + 1] { i += 1 }
    let h = knots[i + 1] - knots[i]
    let t = (x - knots[i]) / h
    let chord = (values[i + 1] - values[i]) / h
    // The Hermite cubic in powers of t: value + h (d₀ t + q t² + c t³).
    let q = 3 * chord - 2 * slopes[i] - slopes[i + 1]
    let c = slopes[i] + slopes[i + 1] - 2 * chord
    return Jet(
      value: values[i] + h * t * (slopes[i] + t * (q + t * c)),
      first: slopes[i] + t * (2 * q + t * 3 * c),
      second: (2 * q + t * 6 * c) / h)
  }

  private static func slopes(knots: [Double], values: [Double]) -> [Double] {
    let widths = zip(knots.dropFirst(), knots).map { $0 - $1 }
    let chords = zip(zip(values.dropFirst(), values), widths).map { ($0.0 - $0.1) / $1 }
    guard chords.count > 1 else { return [chords[0], chords[0]] }
    var slopes = [end(chords[0], chords[1], widths[0], widths[1])]
    for i in 1..<chords.count {
      guard chords[i - 1] > 0, chords[i] > 0 else {
        slopes.append(0)
        continue
      }
      let before = 2 * widths[i] + widths[i - 1]
      let after = widths[i] + 2 * widths[i - 1]
      slopes.append((before + after) / (before / chords[i - 1] + after / chords[i]))
    }
    let n = chords.count
    slopes.append(end(chords[n - 1], chords[n - 2], widths[n - 1], widths[n - 2]))
    return slopes
  }

  /// The three-point slope at an end, held to what keeps the end piece monotone.
  private static func end(
    _ near: Double, _ far: Double, _ nearWidth: Double, _ farWidth: Double
  ) -> Double {
    let slope = ((2 * nearWidth + farWidth) * near - nearWidth * far) / (nearWidth + farWidth)
    return min(max(slope, 0), 3 * near)
  }
}

extension ErrorCurve {
  /// A curve through the measured points themselves, for networks whose error is no exponential.
  ///
  /// Amplitudes that noise made fall are first averaged with their neighbours (isotonic
  /// regression).
  ///
  /// - Parameters: as for `fitted`.
  /// - Throws: `AllocationError.badMeasurement`.
  public static func interpolated(
    levels: [Double], amplitudes: [Double], of what: String = "error curve"
  ) throws(AllocationError) -> ErrorCurve {
    try validate(levels: levels, amplitudes: amplitudes, of: what)
    let rising = isotonic(amplitudes)
    let ratios = zip(rising, amplitudes).filter { $0.1 > 0 }.map { log($0 / $1) }
    let squares = ratios.reduce(0) { $0 + $1 * $1 }
    return ErrorCurve(
      shape: .interpolated(MonotoneCubic(levels: levels, amplitudes: rising)),
      largestLevel: levels[levels.count - 1],
      residual: ratios.isEmpty ? 0 : (squares / Double(ratios.count)).squareRoot())
  }

  /// The nearest sequence, in squared distance, that never falls (pool adjacent violators).
  private static func isotonic(_ values: [Double]) -> [Double] {
    var pools: [(sum: Double, count: Int)] = []
    for value in values {
      pools.append((value, 1))
      while pools.count > 1 {
        let last = pools[pools.count - 1]
        let before = pools[pools.count - 2]
        guard before.sum / Double(before.count) > last.sum / Double(last.count) else { break }
        pools.removeLast(2)
        pools.append((before.sum + last.sum, before.count + last.count))
      }
    }
    return pools.flatMap { Array(repeating: $0.sum / Double($0.count), count: $0.count) }
  }
}
