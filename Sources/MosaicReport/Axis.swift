internal import MosaicCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Which values a plot spans, and where it marks them.
struct Axis {
  struct Tick: Equatable {
    var value: Double
    /// Nil for a line between two labelled ones.
    var label: String?
  }

  var lower: Double
  var upper: Double
  var isLogarithmic: Bool
  var ticks: [Tick]

  /// 0 at the lower end, 1 at the upper, beyond the ends the end; nil for a value without a place.
  func position(of value: Double) -> Double? {
    guard accepts(value), upper > lower else { return nil }
    let (a, b, x) =
      isLogarithmic ? (log10(lower), log10(upper), log10(value)) : (lower, upper, value)
    return min(max((x - a) / (b - a), 0), 1)
  }

  func accepts(_ value: Double) -> Bool {
    isLogarithmic ? Self.logarithmicValues.contains(value) : Self.linearValues.contains(value)
  }

  /// Beyond these nothing meaningful is measured, and arithmetic on the ends would overflow.
  private static let linearValues = -1e9...1e9
  private static let logarithmicValues = 1e-200...1e200

  /// Spans `values` and `including`, with ends at ticks.
  static func linear(
    _ values: [Double], including: [Double] = [], label: (Double) -> String = { brief($0) }
  ) -> Axis {
    let known = (values + including).filter(linearValues.contains)
    var lower = known.min() ?? 0
    var upper = known.max() ?? 1
    if upper - lower < 1e-9 * max(abs(lower), abs(upper), 1e-6) {
      let margin = max(abs(upper) * 0.1, 0.1)
      (lower, upper) = (including.contains(lower) ? lower : lower - margin, upper + margin)
    }
    let step = niceStep((upper - lower) / 4)
    let first = (lower / step + 1e-9).rounded(.down)
    let last = (upper / step - 1e-9).rounded(.up)
    let ticks = (0...Int(max(last - first, 1))).map { index in
      let value = (first + Double(index)) * step
      return Tick(value: value, label: label(value))
    }
    return Axis(lower: first * step, upper: last * step, isLogarithmic: false, ticks: ticks)
  }

  /// The largest of 1, 2 and 5 times a power of ten that is not above `step` by rounding, or next.
  private static func niceStep(_ step: Double) -> Double {
    let power = pow(10, log10(step).rounded(.down))
    let multiple = [1.0, 2, 5, 10].first { $0 * power >= step * 0.999 } ?? 10
    return multiple * power
  }

  /// Spans the positive ones of `values`, and of `bounds` what lies within a factor of ten of them.
  static func logarithmic(_ values: [Double], bounds: [Double] = []) -> Axis {
    let known = values.filter(logarithmicValues.contains)
    guard var lower = known.min(), var upper = known.max() else {
      return logarithmic([0.1, 1])
    }
    let ends = bounds.filter { $0 >= lower / 10 && $0 <= upper * 10 }
    lower = ends.min().map { min($0, lower) } ?? lower
    upper = ends.max().map { max($0, upper) } ?? upper
    lower = mantissas(around: lower).last { $0 <= lower * 0.97 } ?? lower
    upper = mantissas(around: upper).first { $0 >= upper * 1.03 } ?? upper
    return Axis(
      lower: lower, upper: upper, isLogarithmic: true, ticks: logTicks(lower, upper))
  }

  /// 1, 2 and 5 times the powers of ten near `value`, rising.
  private static func mantissas(around value: Double) -> [Double] {
    let exponent = Int(log10(value).rounded(.down))
    return (exponent - 1...exponent + 1).flatMap { power in
      [1, 2, 5].map { $0 * pow(10, Double(power)) }
    }
  }

  private static func logTicks(_ lower: Double, _ upper: Double) -> [Tick] {
    let exponents = Int(log10(lower).rounded(.down))...Int(log10(upper).rounded(.up))
    // The ends are computed as the ticks are: a little slack only guards against rounding.
    let inside = lower * (1 - 1e-9)...upper * (1 + 1e-9)
    let decades = exponents.filter { inside.contains(pow(10, Double($0))) }
    let stride = max(1, (decades.count + 4) / 5)
    let arePowers = exponents.lowerBound < -3 || exponents.upperBound > 3
    var ticks: [Tick] = []
    for exponent in exponents {
      for mantissa in 1...9 {
        let value = Double(mantissa) * pow(10, Double(exponent))
        guard inside.contains(value) else { continue }
        let isLabelled =
          decades.count >= 2
          ? mantissa == 1 && exponent.isMultiple(of: stride)
          : [1, 2, 5].contains(mantissa)
        if isLabelled {
          ticks.append(Tick(value: value, label: text(mantissa, exponent, isPower: arePowers)))
        } else if decades.count <= 3 || mantissa == 1 {
          ticks.append(Tick(value: value, label: nil))
        }
      }
    }
    return ticks
  }

  /// "0.02", or as a power "10⁻²" and "2·10⁻²".
  private static func text(_ mantissa: Int, _ exponent: Int, isPower: Bool) -> String {
    if !isPower || exponent == 0 {
      return significant(Double(mantissa) * pow(10, Double(exponent)), 1)
    }
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let power = String(abs(exponent)).compactMap(\.wholeNumberValue).map { String(digits[$0]) }
    let text = "10" + (exponent < 0 ? "⁻" : "") + power.joined()
    return mantissa == 1 ? text : "\(mantissa)·\(text)"
  }
}
