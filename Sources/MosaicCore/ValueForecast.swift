/// What a reused value is made of: the last values known, weighted, and a constant for each channel.
///
/// Without measurements the weights are Lagrange's: order 0 repeats the last value, order 1 continues
/// a line through two, order 2 a parabola through three. Measured ones are those of least squares.
public struct ValueForecast: Sendable, Equatable {
  /// One for each value used, the latest first.
  public var weights: [Float]
  /// By channel; empty for none.
  public var offset: [Float]
  public var correction: Correction?

  public init(weights: [Float], offset: [Float] = [], correction: Correction? = nil) {
    self.weights = weights
    self.offset = offset
    self.correction = correction
  }

  /// What the branch's input tells beyond the values: with z that input, `upᵀ · down · (z − Σ weight · z)`
  /// is added, where the sum is over the input when the values used were computed.
  public struct Correction: Sendable, Equatable {
    /// One for each value used, the latest first.
    public var weights: [Float]
    /// [rank, channels of the input].
    public var down: [Float]
    /// [rank, channels of the value].
    public var up: [Float]
    public var rank: Int

    public init(weights: [Float], down: [Float], up: [Float], rank: Int) {
      self.weights = weights
      self.down = down
      self.up = up
      self.rank = rank
    }
  }

  public var order: Int { weights.count - 1 }

  /// The largest order offered; one more value than this has to be known.
  public static let mostOrder = 2

  /// - Parameters:
  ///   - position: Where the value is wanted.
  ///   - known: Where values are known, all different; the first `order + 1` are used.
  /// - Returns: One weight for each value used; they add up to 1.
  /// - Precondition: `known` has more than `order` elements.
  public static func weights(at position: Double, from known: [Double], order: Int) -> [Double] {
    precondition(order >= 0 && known.count > order)
    return (0...order).map { index in
      (0...order).reduce(1) { product, other in
        other == index
          ? product : product * (position - known[other]) / (known[index] - known[other])
      }
    }
  }
}
