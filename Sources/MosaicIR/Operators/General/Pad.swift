/// More elements before and after along each axis.
public struct Pad: Operator {
  public enum Mode: String, Sendable {
    case constant
    /// Elements from the edge inwards, the edge itself not repeated.
    case reflect
    /// The edge.
    case edge
    /// Elements from the other end.
    case wrap
  }

  public static let name = "pad"
  public var before: [Int]
  public var after: [Int]
  public var mode: Mode
  /// What `constant` fills with.
  public var filling: Double

  public init(before: [Int], after: [Int], mode: Mode = .constant, filling: Double = 0) {
    self.before = before
    self.after = after
    self.mode = mode
    self.filling = filling
  }

  public var attributes: [(name: String, value: String)] {
    [
      ("before", "\(before)"), ("after", "\(after)"), ("mode", mode.rawValue),
      ("filling", "\(filling)"),
    ]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    let found = ShapeError(
      name, expected: "x of rank \(before.count) and no fewer elements than are padded",
      found: inputs)
    guard inputs.count == 1, before.count == inputs[0].rank, after.count == before.count else {
      throw found
    }
    var type = inputs[0]
    for axis in before.indices where before[axis] != 0 || after[axis] != 0 {
      let extent = type.shape[axis]
      let room = 0...TensorType.largestCount
      guard extent.isFixed, room.contains(before[axis]), room.contains(after[axis]),
        mode != .reflect || max(before[axis], after[axis]) < extent.factor,
        mode == .constant || extent.factor > 0
      else { throw found }
      type.shape[axis] = Dimension(extent.factor + before[axis] + after[axis])
    }
    return [type]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let padded = Set(before.indices.filter { before[$0] != 0 || after[$0] != 0 })
    return AxisRule.passingAll(rank: inputs[0].rank, except: padded)
      + padded.sorted().map {
        AxisRule(.pinned("it is padded"), [.input(0, axis: $0), .output(0, axis: $0)])
      }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let shape = outputShape(inputs[0])
    let positions = (0..<shape.reduce(1, *)).map { source(of: $0, in: shape, inputs[0]) }
    return [inputs[0].picking(positions, shape: shape, filling: filling)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    source(of: position, in: outputShape(inputs[0]), inputs[0]).map(inputs[0].number) ?? filling
  }

  private func outputShape(_ x: Tensor) -> [Int] {
    x.shape.indices.map { x.shape[$0] + before[$0] + after[$0] }
  }

  /// Where the element at `position` comes from; nil is filling.
  private func source(of position: Int, in shape: [Int], _ x: Tensor) -> Int? {
    let at = Tensor.coordinates(of: position, in: shape)
    var source = 0
    for (axis, stride) in Tensor.strides(of: x.shape).enumerated() {
      let extent = x.shape[axis]
      var index = at[axis] - before[axis]
      if !(0..<extent).contains(index) {
        switch mode {
        case .constant: return nil
        case .edge: index = min(max(index, 0), extent - 1)
        case .reflect: index = index < 0 ? -index : 2 * (extent - 1) - index
        case .wrap: index = (index % extent + extent) % extent
        }
      }
      source += index * stride
    }
    return source
  }
}
