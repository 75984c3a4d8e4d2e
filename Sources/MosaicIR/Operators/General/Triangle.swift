/// The triangle of the last two axes, the rest zero: columns from `row + diagonal` on where `isUpper`,
/// else up to it.
public struct Triangle: Operator {
  public static let name = "triangle"
  public var isUpper: Bool
  public var diagonal: Int

  public init(isUpper: Bool, diagonal: Int = 0) {
    self.isUpper = isUpper
    self.diagonal = diagonal
  }

  public var attributes: [(name: String, value: String)] {
    [("upper", "\(isUpper)"), ("diagonal", "\(diagonal)")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, inputs[0].rank >= 2,
      abs(diagonal.clamped) <= TensorType.largestCount
    else { throw ShapeError(name, expected: "x [..., rows, columns]", found: inputs) }
    return inputs
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let (row, column) = (inputs[0].rank - 2, inputs[0].rank - 1)
    return AxisRule.passingAll(rank: inputs[0].rank, except: [row, column])
      + [row, column].map {
        AxisRule(.pinned("a triangle is cut"), [.input(0, axis: $0), .output(0, axis: $0)])
      }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    return [x.picking((0..<x.count).map { keeps($0, x.shape) ? $0 : nil }, shape: x.shape)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    keeps(position, inputs[0].shape) ? inputs[0].number(at: position) : 0
  }

  private func keeps(_ position: Int, _ shape: [Int]) -> Bool {
    let columns = shape[shape.count - 1]
    let rows = shape[shape.count - 2]
    let distance = position % columns - position / columns % rows
    return isUpper ? distance >= diagonal : distance <= diagonal
  }
}

extension Int {
  /// Itself, kept from where its magnitude leaves `Int`.
  fileprivate var clamped: Int { Swift.max(self, -Int.max) }
}
