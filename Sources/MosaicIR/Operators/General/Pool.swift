/// The largest element or the mean of a window that slides over the spatial axes: x
/// [n, channels, spatial...]; y [n, channels, places...].
public struct Pool: Operator {
  public enum Kind: String, Sendable { case maximum, mean }

  public static let name = "pool"
  public var kind: Kind
  public var window: Window
  /// Whether a mean counts what lies outside as zeros.
  public var countsOutside: Bool

  public init(_ kind: Kind, window: Window, countsOutside: Bool = false) {
    self.kind = kind
    self.window = window
    self.countsOutside = countsOutside
  }

  public var attributes: [(name: String, value: String)] {
    [("kind", kind.rawValue)] + window.attributes + [("counts-outside", "\(countsOutside)")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, inputs[0].rank >= 3, inputs[0].element.isFloat,
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
          sources.compactMap { $0 < 0 ? nil : values[channel * plane + $0] })
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
      })
  }

  private func combine(_ values: [Double]) -> Double {
    switch kind {
    case .maximum:
      return values.reduce(-.infinity) { ElementwiseBinary.Function.maximum($0, $1) }
    case .mean:
      return values.reduce(0, +) / Double(countsOutside ? window.count : values.count)
    }
  }
}
