/// A window that slides over the spatial axes of a tensor [n, channels, spatial...].
public struct Window: Sendable, Equatable {
  public var extents: [Int]
  public var strides: [Int]
  public var dilations: [Int]
  /// What lies outside, on both sides of each axis.
  public var before: [Int]
  public var after: [Int]

  public init(
    extents: [Int], strides: [Int], dilations: [Int], before: [Int], after: [Int]
  ) {
    self.extents = extents
    self.strides = strides
    self.dilations = dilations
    self.before = before
    self.after = after
  }

  var attributes: [(name: String, value: String)] {
    [
      ("window", "\(extents)"), ("strides", "\(strides)"), ("dilations", "\(dilations)"),
      ("before", "\(before)"), ("after", "\(after)"),
    ]
  }

  /// How many places it has along each axis of `spatial`; nil where it has none, or does not fit
  /// the axes.
  public func places(over spatial: [Dimension]) -> [Dimension]? {
    let lists = [extents, strides, dilations, before, after]
    // Large enough for any network, and products of two stay in `Int`.
    let bound = 1 << 30
    guard lists.allSatisfy({ $0.count == spatial.count }),
      [extents, strides, dilations].allSatisfy({ $0.allSatisfy((1...bound).contains) }),
      [before, after].allSatisfy({ $0.allSatisfy((0...bound).contains) }),
      // Its elements are listed one by one.
      let count = TensorType(extents.map { Dimension($0) }).count, count.factor <= 1 << 20
    else { return nil }
    var places: [Dimension] = []
    for axis in spatial.indices {
      let room =
        spatial[axis].factor + before[axis] + after[axis] - dilations[axis] * (extents[axis] - 1)
        - 1
      guard spatial[axis].isFixed, room >= 0 else { return nil }
      places.append(Dimension(room / strides[axis] + 1))
    }
    return places
  }

  func places(over spatial: [Int]) -> [Int] {
    (places(over: spatial.map { Dimension($0) }) ?? []).map(\.factor)
  }

  /// The elements of the window.
  var count: Int { extents.reduce(1, *) }

  /// Where element `tap` of the window at place `at` lies in a plane of `spatial`, row-major; nil
  /// outside.
  func source(tap: [Int], at place: [Int], in spatial: [Int]) -> Int? {
    var position = 0
    for axis in spatial.indices {
      let index = place[axis] * strides[axis] + tap[axis] * dilations[axis] - before[axis]
      guard (0..<spatial[axis]).contains(index) else { return nil }
      position = position * spatial[axis] + index
    }
    return position
  }

  /// For each element of the window, one after the other, its sources at `places` (row-major
  /// positions among all of them); -1 outside.
  func sources(of places: Range<Int>, among shape: [Int], in spatial: [Int]) -> [Int] {
    let coordinates = places.map { Tensor.coordinates(of: $0, in: shape) }
    var sources: [Int] = []
    sources.reserveCapacity(count * places.count)
    for tap in 0..<count {
      let tap = Tensor.coordinates(of: tap, in: extents)
      for place in coordinates { sources.append(source(tap: tap, at: place, in: spatial) ?? -1) }
    }
    return sources
  }

  /// The same for all places over a plane of `spatial`.
  public func sources(over spatial: [Int]) -> [Int] {
    let shape = places(over: spatial)
    return sources(of: 0..<shape.reduce(1, *), among: shape, in: spatial)
  }

  /// The elements of one axis that the window meets at each place along it.
  public func inside(axis: Int, extent: Int) -> [[Int]] {
    let room =
      extent + before[axis] + after[axis] - dilations[axis] * (extents[axis] - 1) - 1
    guard room >= 0 else { return [] }
    return (0...room / strides[axis]).map { place in
      (0..<extents[axis]).map { place * strides[axis] + $0 * dilations[axis] - before[axis] }
        .filter { (0..<extent).contains($0) }
    }
  }
}
