/// The same elements, row-major, under another shape.
public struct Reshape: Operator {
  public static let name = "reshape"
  public var shape: [Dimension]

  public init(to shape: [Dimension]) { self.shape = shape }

  public var attributes: [(name: String, value: String)] {
    [("to", "[\(shape.map(\.description).joined(separator: ", "))]")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, let count = TensorType(shape).count, count == inputs[0].count else {
      throw ShapeError(
        name, expected: "as many elements as \(TensorType(shape))", found: inputs)
    }
    return [TensorType(shape, element: inputs[0].element)]
  }

  /// Runs of axes with as many elements before as after couple: one with one passes, one with
  /// several is their product. Axes of one element are of no account.
  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let before = inputs[0].shape
    return Reshape.runs(from: before, to: shape).flatMap { run -> [AxisRule] in
      let sources = run.before.map { AxisRule.Axis.input(0, axis: $0) }
      let targets = run.after.map { AxisRule.Axis.output(0, axis: $0) }
      let isFixed =
        run.before.allSatisfy { before[$0].isFixed } && run.after.allSatisfy { shape[$0].isFixed }
      switch (sources.count, targets.count) {
      case (1, 1): return [AxisRule(.passes, sources + targets)]
      case (1, 2...) where isFixed: return [AxisRule(.factors, sources + targets)]
      case (2..., 1) where isFixed: return [AxisRule(.factors, targets + sources)]
      default:
        return (sources + targets).map { AxisRule(.pinned("a reshape folds it"), [$0]) }
      }
    }
  }

  /// The shortest runs of neighbouring axes that hold as many elements in both shapes.
  private static func runs(
    from before: [Dimension], to after: [Dimension]
  ) -> [(before: [Int], after: [Int])] {
    var left = before.indices.filter { before[$0] != 1 }[...]
    var right = after.indices.filter { after[$0] != 1 }[...]
    var runs: [(before: [Int], after: [Int])] = []
    while let first = left.popFirst(), let second = right.popFirst() {
      var run = (before: [first], after: [second])
      var (a, b) = (before[first], after[second])
      while a != b {
        let grows = (a.power, a.factor) < (b.power, b.factor)
        if grows || right.isEmpty, let next = left.popFirst(),
          let more = a.multiplied(by: before[next])
        {
          run.before.append(next)
          a = more
        } else if let next = right.popFirst(), let more = b.multiplied(by: after[next]) {
          run.after.append(next)
          b = more
        } else {
          // Sides without elements may not meet.
          return runs + [(run.before + left, run.after + right)]
        }
      }
      runs.append(run)
    }
    return left.isEmpty && right.isEmpty ? runs : runs + [(Array(left), Array(right))]
  }

  public func resized(
    _ inputs: [TensorType], to outputs: [TensorType], lost: (AxisRule.Axis) -> [Int]
  ) -> Reshape { Reshape(to: outputs[0].shape) }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    [inputs[0].reshaped(TensorType(shape).shape(batch: batch(of: inputs[0].count)))]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    inputs[0].number(at: position)
  }

  /// The batch at which `shape` has `count` elements.
  private func batch(of count: Int) -> Int {
    let type = TensorType(shape)
    guard let product = type.count, product.factor > 0, product.power > 0 else { return 0 }
    let rest = count / product.factor
    // The root of a whole number that is one: the first guess is off by rounding alone.
    var root = product.power == 1 ? rest : 0
    while Dimension(1, power: product.power).extent(batch: root) < rest { root += 1 }
    return root
  }
}
