/// Each element of an axis as a weighted sum of that axis' elements before: interpolation, with
/// everything that decides where samples lie already worked out.
public struct Resample: Operator {
  /// What one element is a sum of.
  public struct Sum: Sendable, Hashable {
    public var sources: [Int]
    public var weights: [Float]

    public init(sources: [Int], weights: [Float]) {
      self.sources = sources
      self.weights = weights
    }
  }

  public static let name = "resample"
  public var axis: Int
  public var sums: [Sum]

  public init(axis: Int, sums: [Sum]) {
    self.axis = axis
    self.sums = sums
  }

  public var attributes: [(name: String, value: String)] {
    [("axis", "\(axis)"), ("extent", "\(sums.count)")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, inputs[0].shape.indices.contains(axis),
      inputs[0].shape[axis].isFixed,
      sums.allSatisfy({ sum in
        sum.sources.count == sum.weights.count
          && sum.sources.allSatisfy((0..<inputs[0].shape[axis].factor).contains)
      })
    else { throw ShapeError(name, expected: "x with axis \(axis)", found: inputs) }
    var type = inputs[0]
    type.shape[axis] = Dimension(sums.count)
    return [type]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    AxisRule.passingAll(rank: inputs[0].rank, except: [axis])
      + [.input(0, axis: axis), .output(0, axis: axis)].map {
        AxisRule(.pinned("it is resampled"), [$0])
      }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    var shape = x.shape
    shape[axis] = sums.count
    let inner = shape[(axis + 1)...].reduce(1, *)
    // One source of weight 1 each: the numbers stay what they are.
    if sums.allSatisfy({ $0.weights == [1] }) {
      let rows = (0..<shape[..<axis].reduce(1, *)).flatMap { block in
        sums.flatMap { sum -> Range<Int> in
          let start = (block * x.shape[axis] + sum.sources[0]) * inner
          return start..<start + inner
        }
      }
      return [x.picking(rows, shape: shape)]
    }
    let values = x.doubles
    var y: [Double] = []
    y.reserveCapacity(shape.reduce(1, *))
    for block in 0..<shape[..<axis].reduce(1, *) {
      for sum in sums {
        for column in 0..<inner {
          var total = 0.0
          for (source, weight) in zip(sum.sources, sum.weights) {
            total += Double(weight) * values[(block * x.shape[axis] + source) * inner + column]
          }
          y.append(total)
        }
      }
    }
    return [Tensor(doubles: y, shape: shape, as: x.element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let x = inputs[0]
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let (line, column) = (position / inner, position % inner)
    let (block, row) = (line / sums.count, line % sums.count)
    return zip(sums[row].sources, sums[row].weights).reduce(0) { total, pair in
      total + Double(pair.1) * x.number(at: (block * x.shape[axis] + pair.0) * inner + column)
    }
  }
}
