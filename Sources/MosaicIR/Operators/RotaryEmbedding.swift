public import MosaicCore
internal import MosaicKernels

/// `y = x · cosines + x' · sines`, x' being x with the coordinates of every pair of the last axis
/// changed over and the then first one negated: x [..., size], cosines and sines of x's rank, equal to
/// it along the last axis and along the others that positions are counted on, 1 elsewhere; y as x.
///
/// Source: Su et al., "RoFormer", eq. 34, arXiv:2104.09864.
public struct RotaryEmbedding: Operator {
  public static let name = "rotary-embedding"
  public var pairs: RotationPairs

  public init(pairs: RotationPairs) { self.pairs = pairs }

  public var attributes: [(name: String, value: String)] { [("pairs", pairs.rawValue)] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 3, inputs[1] == inputs[2], inputs[0].element == .f32,
      inputs[1].element == .f32, let size = inputs[0].shape.last, size.isFixed,
      size.factor.isMultiple(of: 2), Self.positions(of: inputs[0].shape, inputs[1].shape) != nil
    else {
      throw ShapeError(
        name,
        expected:
          "floats x [..., positions, ..., size], and cosines and sines [1, ..., positions, 1,"
          + " ..., size]", found: inputs)
    }
    return [inputs[0]]
  }

  /// The axes between the first and the last that tables have positions on: neighbours, or none.
  /// A leading batch may be the tables' too. Nil where they do not fit.
  public static func positions(of x: [Dimension], _ table: [Dimension]) -> Range<Int>? {
    guard x.count >= 2, table.count == x.count, table.last == x.last,
      table[0] == 1 || table[0] == x[0]
    else { return nil }
    let axes = (1..<x.count - 1).filter { table[$0] != 1 }
    guard let first = axes.first, let last = axes.last else { return 1..<1 }
    let range = first..<last + 1
    return range.allSatisfy { table[$0] == x[$0] } ? range : nil
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let last = outputs[0].rank - 1
    let rules = AxisRule.passingBroadcast(inputs, to: outputs[0])
    return rules.dropLast() + [
      AxisRule(
        .pinned("a rotary embedding turns it"),
        (0..<3).map { .input($0, axis: last) } + [.output(0, axis: last)])
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let shape = inputs[0].shape
    let size = shape[shape.count - 1]
    let x = inputs[0].floats
    let tables = inputs[1...].map { $0.broadcast(to: shape).floats }
    // Every row has a place of its own in tables that are written out.
    let y = floats(x.count) { y in
      rotate(
        x, cosines: tables[0], sines: tables[1], into: y, outer: 1, length: x.count / max(size, 1),
        inner: 1, size: size, pairs: pairs)
    }
    return [Tensor(y, shape: shape)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let shape = inputs[0].shape
    let size = shape[shape.count - 1]
    let column = position % size
    let partner = position - column + pairs.partner(of: column, size: size)
    let at = Tensor.coordinates(of: position, in: shape)
    let factors = inputs[1...].map { table in
      table.number(at: zip(table.broadcastStrides(in: shape), at).reduce(0) { $0 + $1.0 * $1.1 })
    }
    let sign: Double = pairs.isFirst(column, size: size) ? -1 : 1
    return inputs[0].number(at: position) * factors[0]
      + sign * inputs[0].number(at: partner) * factors[1]
  }
}
