#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a unit of a group's loss comes to in the squared error of the network's output, at two
/// points of its loss curve: a sub-layer that is gone is missed in another way than one that is
/// thinner.
public struct GroupGain: Sendable, Equatable {
  /// With half of the units gone.
  public var half: Double
  /// With as many gone as may go.
  public var most: Double

  public init(half: Double, most: Double) {
    self.half = half
    self.most = most
  }

  /// Returns a loss curve in the unit of the output's error: gains are interpolated in logarithms of
  /// gain and loss between the two points, and held below the first.
  ///
  /// - Parameters:
  ///   - curve: Losses with 0, 1, … units gone, as many as may go.
  ///   - count: Units gone at the first point.
  public func errors(of curve: [Double], half count: Int) -> [Double] {
    guard curve.indices.contains(count), let last = curve.last, half > 0, most > 0,
      0 < curve[count], curve[count] < last
    else { return curve.map { $0 * half } }
    let exponent = log(most / half) / log(last / curve[count])
    return curve.map { loss in
      loss <= curve[count] ? loss * half : loss * half * pow(loss / curve[count], exponent)
    }
  }
}
