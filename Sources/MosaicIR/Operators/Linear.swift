internal import MosaicKernels

/// `y = x · wᵀ + b`: x [..., inner], w [outer, inner], optional b [outer]; y [..., outer].
public struct Linear: Operator {
  public static let name = "linear"

  public init() {}

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard (2...3).contains(inputs.count), let inner = inputs[0].shape.last,
      inputs[1].rank == 2, inputs[1].shape[1] == inner,
      inputs[1].shape.allSatisfy({ $0.factor <= MatMul.largestExtent }),
      inputs.count == 2 || inputs[2].shape == [inputs[1].shape[0]]
    else {
      throw ShapeError(
        name, expected: "x [..., inner], w [outer, inner] and b [outer]", found: inputs)
    }
    return [TensorType(inputs[0].shape.dropLast() + [inputs[1].shape[0]])]
  }

  public func cost(of inputs: [TensorType], outputs: [TensorType]) -> Cost {
    let inner = inputs[1].shape[1].factor
    return Cost(macs: outputs[0].sampleCount, inner)
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let last = inputs[0].rank - 1
    let bias: [AxisRule.Axis] = inputs.count > 2 ? [.input(2, axis: 0)] : []
    return AxisRule.passingAll(rank: inputs[0].rank, except: [last]) + [
      AxisRule(.contracts, [.input(0, axis: last), .input(1, axis: 1)]),
      AxisRule(.produces, [.output(0, axis: last), .input(1, axis: 0)] + bias),
    ]
  }

  /// Rows are counted by libraries in 32 bits.
  public func problem(with inputs: [Tensor]) -> String? {
    let rows = inputs[0].count / max(inputs[1].shape[1], 1)
    return rows <= MatMul.largestExtent ? nil : "is a product of \(rows) rows"
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (outer, inner) = (inputs[1].shape[0], inputs[1].shape[1])
    let rows = inputs[0].count / max(inner, 1)
    let bias = inputs.count > 2 ? inputs[2].floats : nil
    let y = floats(rows * outer) { y in
      MosaicKernels.linear(
        inputs[0].floats, xStride: inner, weight: inputs[1].floats, bias: bias, into: y,
        yStride: outer, m: rows, n: outer, k: inner)
    }
    return [Tensor(y, shape: inputs[0].shape.dropLast() + [outer])]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let (outer, inner) = (inputs[1].shape[0], inputs[1].shape[1])
    let (row, column) = (position / outer, position % outer)
    var sum = inputs.count > 2 ? Double(inputs[2].floats[column]) : 0
    let (x, w) = (inputs[0].floats, inputs[1].floats)
    for k in 0..<inner { sum += Double(x[row * inner + k]) * Double(w[column * inner + k]) }
    return sum
  }
}
