/// The largest element or the mean of a window that slides over the spatial axes: x
/// [n, channels, spatial...]; y [n, channels, places...].
public struct Pool: Operator {
  public enum Kind: String, Sendable { case maximum, mean }

  public static let name = "pool"
  private static let listedTerms = 1 << 20
  public var kind: Kind
  public var window: Window
  /// Whether a mean counts what lies outside as zeros.
  public var countsOutside: Bool
  /// How much of the window's `after` is no padding, but room for a last place that hangs over: it is
  /// never counted.
  public var overhang: [Int]

  public init(
    _ kind: Kind, window: Window, countsOutside: Bool = false, overhang: [Int]? = nil
  ) {
    self.kind = kind
    self.window = window
    self.countsOutside = countsOutside
    self.overhang = overhang ?? window.extents.map { _ in 0 }
  }

  public var attributes: [(name: String, value: String)] {
    [("kind", kind.rawValue)] + window.attributes + [("counts-outside", "\(countsOutside)")]
      + (overhang.allSatisfy { $0 == 0 } ? [] : [("overhang", "\(overhang)")])
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, inputs[0].rank >= 3, inputs[0].element.isFloat,
      overhang.count == window.after.count,
      zip(overhang, window.after).allSatisfy({ (0...$1).contains($0) }),
      let places = window.places(over: Array(inputs[0].shape[2...]))
    else {
      throw ShapeError(name, expected: "x [n, c, ...] that the window fits into", found: inputs)
    }
    return [TensorType(inputs[0].shape[..<2] + places, element: inputs[0].element)]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    (0..<2).map { AxisRule(.passes, [.input(0, axis: $0), .output(0, axis: $0)]) }
      + (2..<inputs[0].rank).map {
        AxisRule(.pinned("a pool slides along it"), [.input(0, axis: $0), .output(0, axis: $0)])
      }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    let spatial = Array(x.shape[2...])
    let places = window.places(over: spatial)
    let (count, plane) = (places.reduce(1, *), spatial.reduce(1, *))
    let values = x.doubles
    var y = [Double](repeating: 0, count: x.shape[0] * x.shape[1] * count)
    for place in 0..<count {
      let sources = window.sources(of: place..<place + 1, among: places, in: spatial)
      for channel in 0..<x.shape[0] * x.shape[1] {
        y[channel * count + place] = combine(
          sources.compactMap { $0 < 0 ? nil : values[channel * plane + $0] },
          at: Tensor.coordinates(of: place, in: places), in: spatial)
      }
    }
    return [Tensor(doubles: y, shape: x.shape[..<2] + places, as: x.element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let x = inputs[0]
    let spatial = Array(x.shape[2...])
    let places = window.places(over: spatial)
    let count = places.reduce(1, *)
    let start = position / count * spatial.reduce(1, *)
    let place = Tensor.coordinates(of: position % count, in: places)
    return combine(
      (0..<window.count).compactMap { tap in
        window.source(
          tap: Tensor.coordinates(of: tap, in: window.extents), at: place, in: spatial
        ).map { x.number(at: start + $0) }
      }, at: place, in: spatial)
  }

  private func combine(_ values: [Double], at place: [Int], in spatial: [Int]) -> Double {
    switch kind {
    case .maximum:
      return values.reduce(-.infinity) { ElementwiseBinary.Function.maximum($0, $1) }
    case .mean:
      let counted = spatial.indices.reduce(1) {
        $0 * count(axis: $1, place: place[$1], extent: spatial[$1])
      }
      return values.reduce(0, +) / Double(counted)
    }
  }

  /// The elements along an axis that a mean at `place` counts.
  private func count(axis: Int, place: Int, extent: Int) -> Int {
    let first = place * window.strides[axis] - window.before[axis]
    let counted =
      countsOutside
      ? -window.before[axis]..<extent + window.after[axis] - overhang[axis] : 0..<extent
    return (0..<window.extents[axis]).count {
      counted.contains(first + $0 * window.dilations[axis])
    }
  }

  /// Of each spatial axis of x [n, channels, spatial...] the sums that are its means; nil where they
  /// have more terms than are worth listing.
  func meansByAxis(over shape: [Dimension]) -> [[Resample.Sum]]? {
    guard let places = window.places(over: Array(shape[2...])),
      zip(places, window.extents).allSatisfy({ $0.factor <= Self.listedTerms / $1 })
    else { return nil }
    return window.extents.indices.map { axis in
      let extent = shape[axis + 2].factor
      return window.inside(axis: axis, extent: extent).enumerated().map { place, sources in
        let share = 1 / Float(count(axis: axis, place: place, extent: extent))
        return Resample.Sum(
          sources: sources, weights: [Float](repeating: share, count: sources.count))
      }
    }
  }
}
