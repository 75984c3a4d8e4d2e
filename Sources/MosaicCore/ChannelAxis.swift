/// Where the channels of one sample's value lie: first in a picture of [channels, height, width]
/// and wherever there are more axes than two, last in rows of tokens.
public struct ChannelAxis: Sendable, Equatable {
  /// Elements are [outer, count, inner].
  public var outer: Int
  public var count: Int
  public var inner: Int

  /// - Parameter shape: Of one sample.
  public init(of shape: [Int]) {
    let axis = shape.count > 2 ? 0 : max(shape.count - 1, 0)
    outer = shape.prefix(axis).reduce(1, *)
    count = axis < shape.count ? shape[axis] : 1
    inner = shape.dropFirst(axis + 1).reduce(1, *)
  }

  /// Whether both have channels at the same places.
  public func hasPlaces(of other: ChannelAxis) -> Bool {
    outer == other.outer && inner == other.inner
  }
}
