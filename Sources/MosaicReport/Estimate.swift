/// A figure, with the interval it lies in where one is known.
public struct Estimate: Sendable, Equatable {
  public var value: Double
  /// The ends of the interval; drawn only where both are numbers and rise.
  public var lower: Double?
  public var upper: Double?

  public init(_ value: Double, lower: Double? = nil, upper: Double? = nil) {
    self.value = value
    self.lower = lower
    self.upper = upper
  }

  /// `value` between two standard errors below and above.
  public init(_ value: Double, standardError: Double) {
    self.init(value, lower: value - 2 * standardError, upper: value + 2 * standardError)
  }

  /// The interval, where it is one.
  var interval: ClosedRange<Double>? {
    guard let lower, let upper, lower.isFinite, upper.isFinite, lower <= upper else { return nil }
    return lower...upper
  }
}
