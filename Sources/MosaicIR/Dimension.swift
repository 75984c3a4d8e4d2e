/// One axis' extent: `factor · batch^power`.
///
/// The batch stays symbolic through the compiler, so one graph and one program serve every batch.
public struct Dimension: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  public var factor: Int
  public var power: Int

  public init(_ factor: Int, power: Int = 0) {
    self.factor = factor
    self.power = power
  }

  public init(integerLiteral value: Int) { self.init(value) }

  /// The number of samples in a run.
  public static let batch = Dimension(1, power: 1)

  public var isFixed: Bool { power == 0 }

  /// The extent at `batch` samples; `Int.max` where it is larger than that.
  public func extent(batch: Int) -> Int {
    (0..<power).reduce(factor) { product, _ in
      let (next, overflow) = product.multipliedReportingOverflow(by: batch)
      return overflow ? .max : next
    }
  }

  /// The product, or nil where it leaves `Int`.
  public func multiplied(by other: Dimension) -> Dimension? {
    let (product, overflow) = factor.multipliedReportingOverflow(by: other.factor)
    return overflow ? nil : Dimension(product, power: power + other.power)
  }

  /// The quotient, or nil where there is a remainder.
  public func divided(by other: Dimension) -> Dimension? {
    guard other.factor > 0, factor.isMultiple(of: other.factor), power >= other.power else {
      return nil
    }
    return Dimension(factor / other.factor, power: power - other.power)
  }

  /// The sum, or nil where it is no such product.
  public func added(to other: Dimension) -> Dimension? {
    if factor == 0 { return other }
    if other.factor == 0 { return self }
    let (sum, overflow) = factor.addingReportingOverflow(other.factor)
    return power == other.power && !overflow ? Dimension(sum, power: power) : nil
  }

  public var description: String {
    switch (factor, power) {
    case (_, 0): "\(factor)"
    case (1, 1): "n"
    case (_, 1): "\(factor)n"
    default: "\(factor)n^\(power)"
    }
  }
}
