/// What a unit of a group's loss comes to in the squared error of the network's output: a sub-layer
/// that is gone is missed in another way than one that is thinner.
public struct GroupGain: Sendable, Equatable {
  /// With half of the units gone.
  public var half: Double
  /// With all gone; that of half where a unit must stay.
  public var whole: Double

  public init(half: Double, whole: Double) {
    self.half = half
    self.whole = whole
  }

  /// Returns a loss curve in the unit of the output's error.
  ///
  /// Where the last point is a sub-layer that is gone, the larger gain counts there, and twice: what
  /// is lost whole is lost alike at every step of a range, and more of it arrives at the final sample
  /// than errors at single steps say.
  ///
  /// - Parameters:
  ///   - curve: Losses with 0, 1, … units gone, as many as may go.
  ///   - isWhole: Whether the last of them leaves no unit.
  public func errors(of curve: [Double], isWhole: Bool) -> [Double] {
    var errors = curve.map { $0 * half }
    if isWhole, let last = curve.last {
      errors[errors.count - 1] = Self.caution * last * max(half, whole)
    }
    return errors
  }

  /// On the letter model at 0.4 of the cost, counting once makes the final error a tenth larger than
  /// keeping a unit of every group, and counting twice leaves it smaller.
  private static let caution = 2.0
}
