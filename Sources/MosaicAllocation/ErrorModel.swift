#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What pruning does to the final sample: one error curve a step, and how the errors of different
/// steps correlate when they arrive.
///
/// The mean squared error per element of the final sample, for sparsities s₁…s_N, is
/// Σₙₘ Rₙₘ bₙ(sₙ) bₘ(sₘ). `ClosedForm.swift` evaluates it.
public struct ErrorModel: Sendable, Equatable {
  /// bₙ, in the order the steps run (noisiest first).
  public let curves: [ErrorCurve]
  /// R as measured, [N, N] row-major: symmetric, diagonal 1, entries within ±1.
  public let correlation: [Double]
  /// R with negative entries set to 0: what is minimised, so that no step is rewarded for an error
  /// that happened to cancel another on the calibration samples.
  public let clippedCorrelation: [Double]

  public var stepCount: Int { curves.count }

  /// The largest sparsity that every step's curve was measured at.
  public var largestLevel: Double {
    curves.filter { !$0.isZero }.map(\.largestLevel).min() ?? 1
  }

  /// - Parameters:
  ///   - curves: bₙ, one for each of N steps.
  ///   - correlation: R, [N, N] row-major. Rows and columns of steps whose curve is zero are not
  ///     read: a correlation with nothing has no value.
  /// - Throws: `AllocationError.stepCount` or `.badMeasurement`.
  public init(curves: [ErrorCurve], correlation: [Double]) throws(AllocationError) {
    let count = curves.count
    guard count > 0 else {
      throw .badMeasurement(what: "error model", problem: "there are no sampling steps")
    }
    guard correlation.count == count * count else {
      throw .stepCount(
        what: "error correlation matrix", expected: count * count, found: correlation.count)
    }
    var symmetric = Self.identity(count)
    for n in 0..<count where !curves[n].isZero {
      for m in 0..<n where !curves[m].isZero {
        let lower = correlation[n * count + m]
        let upper = correlation[m * count + n]
        // Sums in another order differ in the last digits, and so may a norm's square root.
        guard abs(lower - upper) <= 1e-6, abs(lower) <= 1 + 1e-6 else {
          throw .badMeasurement(
            what: "error correlation of steps \(m) and \(n)",
            problem: "\(lower) and \(upper) are not one number within -1 and 1")
        }
        let mean = min(max((lower + upper) / 2, -1), 1)
        symmetric[n * count + m] = mean
        symmetric[m * count + n] = mean
      }
      guard abs(correlation[n * count + n] - 1) <= 1e-6 else {
        throw .badMeasurement(
          what: "error correlation of step \(n) with itself",
          problem: "\(correlation[n * count + n]) is not 1")
      }
    }
    self.init(curves: curves, validCorrelation: symmetric)
  }

  private init(curves: [ErrorCurve], validCorrelation: [Double]) {
    self.curves = curves
    self.correlation = validCorrelation
    self.clippedCorrelation = validCorrelation.map { max($0, 0) }
  }

  /// Fits a curve to each step's measured amplitudes.
  ///
  /// - Parameters:
  ///   - levels: L sparsities, rising within (0, 1].
  ///   - amplitudes: [N][L]: gainₙ(s) · √eₙ(s); zeros for a step the sampler does not use.
  ///   - correlation: R, [N, N] row-major.
  ///   - interpolating: Go through the measured points instead of fitting an exponential.
  /// - Throws: `AllocationError.stepCount` or `.badMeasurement`.
  public init(
    levels: [Double], amplitudes: [[Double]], correlation: [Double], interpolating: Bool = false
  ) throws(AllocationError) {
    var curves: [ErrorCurve] = []
    for (step, measured) in amplitudes.enumerated() {
      let what = "error curve of step \(step)"
      curves.append(
        interpolating
          ? try .interpolated(levels: levels, amplitudes: measured, of: what)
          : try .fitted(levels: levels, amplitudes: measured, of: what))
    }
    try self.init(curves: curves, correlation: correlation)
  }

  /// Errors of different steps that do not correlate.
  public static func independent(_ curves: [ErrorCurve]) -> ErrorModel {
    ErrorModel(curves: curves, validCorrelation: identity(curves.count))
  }

  /// Errors that all point the same way: the worst case.
  public static func fullyCorrelated(_ curves: [ErrorCurve]) -> ErrorModel {
    ErrorModel(
      curves: curves, validCorrelation: Array(repeating: 1, count: curves.count * curves.count))
  }

  /// Errors whose correlation decays with the distance of the steps, for want of a measured one:
  /// Rₙₘ = floor + (1 − floor) exp(−|uₙ − uₘ| / length).
  ///
  /// - Parameters:
  ///   - positions: uₙ, half the negative log-SNR of each step.
  ///   - length: Above 0, in the unit of `positions`.
  ///   - floor: Within 0 and 1.
  /// - Throws: `AllocationError.stepCount` or `.badMeasurement`.
  public static func decaying(
    _ curves: [ErrorCurve], positions: [Double], length: Double = 1, floor: Double = 0.1
  ) throws(AllocationError) -> ErrorModel {
    guard positions.count == curves.count else {
      throw .stepCount(what: "noise levels", expected: curves.count, found: positions.count)
    }
    let correlation = positions.flatMap { a in
      positions.map { b in a == b ? 1 : floor + (1 - floor) * exp(-abs(a - b) / length) }
    }
    return try ErrorModel(curves: curves, correlation: correlation)
  }

  /// The same curves without correlation between steps.
  var withoutCorrelation: ErrorModel { .independent(curves) }

  /// A model in which step n's error counts `factors[n]` (0 or more) times as much in amplitude:
  /// the policy of protecting some steps. Predict with the original.
  ///
  /// - Throws: `AllocationError.stepCount` or `.badMeasurement`.
  public func weighted(by factors: [Double]) throws(AllocationError) -> ErrorModel {
    guard factors.count == stepCount else {
      throw .stepCount(what: "step weights", expected: stepCount, found: factors.count)
    }
    if let bad = factors.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw .badMeasurement(what: "step weights", problem: "\(bad) is not a number of 0 or more")
    }
    return ErrorModel(
      curves: zip(curves, factors).map { $0.scaled(by: $1) }, validCorrelation: correlation)
  }

  private static func identity(_ count: Int) -> [Double] {
    var matrix = [Double](repeating: 0, count: count * count)
    for n in 0..<count { matrix[n * count + n] = 1 }
    return matrix
  }
}
