/// What indices choose along one axis: x [outer..., extent, inner...], indices [...] (integers, from
/// the end where negative); y [outer..., indices..., inner...].
public struct Take: Operator {
  public static let name = "take"
  public var axis: Int

  public init(axis: Int) { self.axis = axis }

  public var attributes: [(name: String, value: String)] { [("axis", "\(axis)")] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 2, inputs[0].shape.indices.contains(axis),
      [.i32, .i64].contains(inputs[1].element), inputs[0].shape[axis].isFixed
    else {
      throw ShapeError(
        name, expected: "x with a fixed axis \(axis), and integer indices", found: inputs)
    }
    let shape = inputs[0].shape
    return [
      TensorType(
        shape[..<axis] + inputs[1].shape + shape[(axis + 1)...], element: inputs[0].element)
    ]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let more = inputs[1].rank
    return (0..<inputs[0].rank).filter { $0 != axis }.map { own in
      AxisRule(
        .passes, [.input(0, axis: own), .output(0, axis: own < axis ? own : own + more - 1)])
    }
      + (0..<more).map { own in
        AxisRule(.passes, [.input(1, axis: own), .output(0, axis: axis + own)])
      } + [AxisRule(.pinned("indices choose from it"), [.input(0, axis: axis)])]
  }

  public func problem(with inputs: [Tensor]) -> String? {
    let extent = Int64(inputs[0].shape[axis])
    return inputs[1].integers.first { !(-extent..<extent).contains($0) }.map {
      "the index \($0) is outside an axis of \(extent)"
    }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (x, extent) = (inputs[0], inputs[0].shape[axis])
    let outer = x.shape[..<axis].reduce(1, *)
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let rows = inputs[1].integers.map { Int($0 < 0 ? $0 + Int64(extent) : $0) }
    var positions: [Int] = []
    positions.reserveCapacity(outer * rows.count * inner)
    for block in 0..<outer {
      for row in rows {
        let start = (block * extent + row) * inner
        positions += start..<start + inner
      }
    }
    let shape = x.shape[..<axis] + inputs[1].shape + x.shape[(axis + 1)...]
    return [x.picking(positions, shape: Array(shape))]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let (x, extent) = (inputs[0], inputs[0].shape[axis])
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let count = inputs[1].count
    let chosen = Int(inputs[1].integers[position / inner % count])
    let row = chosen < 0 ? chosen + extent : chosen
    return x.number(at: (position / inner / count * extent + row) * inner + position % inner)
  }
}
