#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The error that reaches the final sample when one step alone is pruned, as a function of that
/// step's sparsity s: b(s) = gain · √e(s), a root mean square per element of the sample.
///
/// It is 0 at s = 0 and never decreases. Amplitudes, not squared errors, are modelled: for those a
/// curve through 0 has an infinite slope in amplitude, and errors that correlate across steps then
/// make s = 0 a spurious cusp.
public struct ErrorCurve: Sendable, Equatable {
  enum Shape: Sendable, Equatable {
    /// scale · (exp(rate · s) − 1).
    case exponential(scale: Double, rate: Double)
    case interpolated(MonotoneCubic)
  }

  let shape: Shape
  /// The largest sparsity the curve was measured at; beyond it the curve extrapolates.
  public let largestLevel: Double
  /// How far the curve is from what it was made of: root mean square of ln(curve/measured) over
  /// the levels with a measured amplitude above 0, so 0.1 says "within about 10 %".
  public let residual: Double

  init(shape: Shape, largestLevel: Double, residual: Double) {
    self.shape = shape
    self.largestLevel = largestLevel
    self.residual = residual
  }

  /// b(s) = `scale` · (exp(`rate` · s) − 1).
  ///
  /// - Parameters:
  ///   - scale: c, 0 or more, in the units of the final sample.
  ///   - rate: k, above 0.
  public init(scale: Double, rate: Double, largestLevel: Double = 0.75) {
    precondition(scale >= 0 && rate > 0, "an error curve grows from 0")
    self.init(
      shape: .exponential(scale: scale, rate: rate), largestLevel: largestLevel, residual: 0)
  }

  /// A step whose output the sampler does not use.
  public static let zero = ErrorCurve(scale: 0, rate: 1, largestLevel: 1)

  /// Whether no sparsity costs anything.
  public var isZero: Bool {
    switch shape {
    case .exponential(let scale, _): scale == 0
    case .interpolated(let cubic): cubic.isZero
    }
  }

  /// The exponential's scale and rate, or nil for an interpolated curve.
  public var exponential: (scale: Double, rate: Double)? {
    guard case .exponential(let scale, let rate) = shape else { return nil }
    return (scale, rate)
  }

  /// b(s).
  public func value(at sparsity: Double) -> Double {
    switch shape {
    case .exponential(let scale, let rate): scale * expm1(rate * sparsity)
    case .interpolated(let cubic): cubic.jet(at: sparsity).value
    }
  }

  /// b′(s).
  public func derivative(at sparsity: Double) -> Double { jet(at: sparsity).first }

  /// b, b′ and b″ at once.
  func jet(at sparsity: Double) -> Jet {
    switch shape {
    case .exponential(let scale, let rate):
      let growth = expm1(rate * sparsity)
      let first = scale * rate * (growth + 1)
      return Jet(value: scale * growth, first: first, second: rate * first)
    case .interpolated(let cubic):
      return cubic.jet(at: sparsity)
    }
  }

  /// The curve of a step that counts `factor` (0 or more) times as much.
  public func scaled(by factor: Double) -> ErrorCurve {
    precondition(factor >= 0, "an error curve grows from 0")
    let scaled: Shape =
      switch shape {
      case .exponential(let scale, let rate): .exponential(scale: scale * factor, rate: rate)
      case .interpolated(let cubic): .interpolated(cubic.scaled(by: factor))
      }
    return ErrorCurve(shape: scaled, largestLevel: largestLevel, residual: residual)
  }
}

/// A function's value and its first two derivatives at a point.
struct Jet {
  var value: Double
  var first: Double
  var second: Double
}

/// Checks what every curve is made from.
///
/// - Throws: `AllocationError.badMeasurement` unless `levels` rise strictly within (0, 1] and there
///   is one amplitude, finite and 0 or more, for each.
func validate(levels: [Double], amplitudes: [Double], of what: String) throws(AllocationError) {
  guard !levels.isEmpty, levels.count == amplitudes.count else {
    throw .badMeasurement(
      what: what, problem: "\(amplitudes.count) amplitudes for \(levels.count) sparsity levels")
  }
  var previous = 0.0
  for (level, amplitude) in zip(levels, amplitudes) {
    guard level > previous, level <= 1 else {
      throw .badMeasurement(
        what: what, problem: "sparsity level \(level) follows \(previous), not rising within (0, 1]"
      )
    }
    guard amplitude >= 0, amplitude.isFinite else {
      throw .badMeasurement(
        what: what,
        problem: "error \(amplitude) at sparsity \(level) is not a finite number of 0 or more")
    }
    previous = level
  }
}
