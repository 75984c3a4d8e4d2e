#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One number from all along some axes, which stay with extent 1 or go.
public struct Reduce: Operator {
  public enum Kind: String, Sendable, CaseIterable {
    case maximum, mean, minimum, product, sum
    case sumOfSquares = "sum-of-squares"
  }

  public static let name = "reduce"
  public var kind: Kind
  public var axes: [Int]
  public var keepsAxes: Bool

  public init(_ kind: Kind, axes: [Int], keepsAxes: Bool) {
    self.kind = kind
    self.axes = axes
    self.keepsAxes = keepsAxes
  }

  public var attributes: [(name: String, value: String)] {
    [("kind", kind.rawValue), ("axes", "\(axes)"), ("keeps-axes", "\(keepsAxes)")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, Set(axes).count == axes.count,
      axes.allSatisfy(inputs[0].shape.indices.contains),
      inputs[0].element != .bool || kind == .maximum || kind == .minimum,
      kind != .mean || !axes.contains(where: { inputs[0].shape[$0] == 0 })
        || inputs[0].element.isFloat
    else {
      throw ShapeError(name, expected: "x with the axes \(axes)", found: inputs)
    }
    return [TensorType(reduced(inputs[0].shape, 1), element: inputs[0].element)]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let kept = (0..<inputs[0].rank).filter { !axes.contains($0) }
    return kept.enumerated().map { index, axis in
      AxisRule(.passes, [.input(0, axis: axis), .output(0, axis: keepsAxes ? axis : index)])
    } + axes.map { AxisRule(.pinned("a \(kind.rawValue) is taken over it"), [.input(0, axis: $0)]) }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    let shape = reduced(x.shape, 1)
    let (rows, width) = lines(x)
    let outer = width == 0 ? shape.reduce(1, *) : rows.count / width
    if case .integers(let values) = rows.elements {
      let results = (0..<outer).map { integer(values[$0 * width..<($0 + 1) * width], rows) }
      return [Tensor(integers: results, shape: shape, as: x.element)]
    }
    let values = rows.doubles
    let results = (0..<outer).map { combine(values[$0 * width..<($0 + 1) * width]) }
    return [Tensor(doubles: results, shape: shape, as: x.element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let (rows, width) = lines(inputs[0])
    return combine((0..<width).map { rows.number(at: position * width + $0) }[...])
  }

  /// The elements with those that become one beside each other, and how many become one.
  private func lines(_ x: Tensor) -> (Tensor, width: Int) {
    let kept = x.shape.indices.filter { !axes.contains($0) }
    let strides = Tensor.strides(of: x.shape)
    let order = kept + axes
    return (
      x.strided(order.map { x.shape[$0] }, strides: order.map { strides[$0] }),
      axes.reduce(1) { $0 * x.shape[$1] }
    )
  }

  private func reduced<Extent>(_ shape: [Extent], _ one: Extent) -> [Extent] {
    shape.indices.compactMap { axes.contains($0) ? (keepsAxes ? one : nil) : shape[$0] }
  }

  private func combine(_ values: ArraySlice<Double>) -> Double {
    let maximum = ElementwiseBinary.Function.maximum
    let minimum = ElementwiseBinary.Function.minimum
    switch kind {
    case .maximum: return values.reduce(-.infinity) { maximum($0, $1) }
    case .mean: return values.reduce(0, +) / Double(values.count)
    case .minimum: return values.reduce(.infinity) { minimum($0, $1) }
    case .product: return values.reduce(1, *)
    case .sum: return values.reduce(0, +)
    case .sumOfSquares: return values.reduce(0) { $0 + $1 * $1 }
    }
  }

  private func integer(_ values: ArraySlice<Int64>, _ x: Tensor) -> Int64 {
    // Moves the order of unsigned numbers onto that of signed ones.
    let turn: Int64 = x.element == .u64 ? .min : 0
    switch kind {
    case .maximum: return (values.map { $0 ^ turn }.max() ?? x.element.smallest) ^ turn
    case .minimum: return (values.map { $0 ^ turn }.min() ?? x.element.largest) ^ turn
    case .mean: return values.reduce(0, &+) / Int64(max(values.count, 1))
    case .product: return values.reduce(1, &*)
    case .sum: return values.reduce(0, &+)
    case .sumOfSquares: return values.reduce(0) { $0 &+ $1 &* $1 }
    }
  }
}
