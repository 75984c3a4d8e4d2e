internal import MosaicKernels

/// `y = a · b` of the last two axes, the others repeated as by `ElementwiseBinary`: a [..., m, k],
/// b [..., k, n]; y [..., m, n]. An operand of one axis is a row on the left or a column on the
/// right, and y lacks its axis.
///
/// Source: numpy.matmul, which ONNX's MatMul follows.
public struct MatMul: Operator {
  public static let name = "matmul"

  /// Of a matrix: what BLAS counts.
  static let largestExtent = 1 << 30

  public init() {}

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    let found = ShapeError(
      name, expected: "a [..., m, k] and b [..., k, n] of one type", found: inputs)
    guard inputs.count == 2, inputs[0].rank > 0, inputs[1].rank > 0,
      inputs[0].element == inputs[1].element, inputs[0].element != .bool
    else { throw found }
    let (a, b) = (inputs[0].shape, inputs[1].shape)
    guard a[a.count - 1] == (b.count == 1 ? b[0] : b[b.count - 2]),
      (a.suffix(2) + b.suffix(2)).allSatisfy({ $0.factor <= MatMul.largestExtent }),
      let lead = broadcast(Array(a.dropLast(2)), Array(b.dropLast(2)))
    else { throw found }
    let rows = a.count > 1 ? [a[a.count - 2]] : []
    let columns = b.count > 1 ? [b[b.count - 1]] : []
    return [TensorType(lead + rows + columns, element: inputs[0].element)]
  }

  public func cost(of inputs: [TensorType], outputs: [TensorType]) -> Cost {
    Cost(macs: outputs[0].sampleCount, inputs[0].shape.last?.factor ?? 0)
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let ranks = inputs.map(\.rank)
    guard ranks[0] >= 2, ranks[1] >= 2 else {
      return AxisRule.pinningAll("a product with one row", inputs, outputs)
    }
    let last = outputs[0].rank - 1
    return AxisRule.passingBroadcast(
      inputs.map { Array($0.shape.dropLast(2)) }, to: Array(outputs[0].shape.dropLast(2)))
      + [
        AxisRule(.passes, [.input(0, axis: ranks[0] - 2), .output(0, axis: last - 1)]),
        AxisRule(.passes, [.input(1, axis: ranks[1] - 1), .output(0, axis: last)]),
      ]
      + [.input(0, axis: ranks[0] - 1), .input(1, axis: ranks[1] - 2)].map {
        AxisRule(.pinned("a product of values sums over it"), [$0])
      }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (a, b) = (matrices(inputs[0], isRow: true), matrices(inputs[1], isRow: false))
    let (m, k) = (a.shape[a.shape.count - 2], a.shape[a.shape.count - 1])
    let n = b.shape[b.shape.count - 1]
    let lead = broadcast(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    let shape =
      lead + (inputs[0].shape.count > 1 ? [m] : []) + (inputs[1].shape.count > 1 ? [n] : [])
    guard a.element.isComputedInF32 else { return [slowly(inputs, a, b, lead, shape)] }
    let (x, y) = (a.floats, b.floats)
    let count = lead.reduce(1, *)
    // Products by one matrix are one product.
    let isShared =
      b.shape.dropLast(2).allSatisfy { $0 == 1 } && a.shape.dropLast(2) == lead[...]
      && count * m <= MatMul.largestExtent
    let starts = isShared ? [(0, 0)] : pairs(a, b, lead)
    let rows = isShared ? count * m : m
    let values = floats(count * m * n) { result in
      x.withUnsafeBufferPointer { x in
        y.withUnsafeBufferPointer { y in
          guard let x = x.baseAddress, let y = y.baseAddress else {
            return result.update(repeating: 0, count: count * m * n)
          }
          for (index, start) in starts.enumerated() {
            product(
              x + start.0 * m * k, y + start.1 * k * n, into: result + index * m * n, m: rows,
              n: n, k: k)
          }
        }
      }
    }
    return [Tensor(values, shape: shape, as: a.element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let (a, b) = (matrices(inputs[0], isRow: true), matrices(inputs[1], isRow: false))
    let lead = broadcast(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    return element(a, b, pairs(a, b, lead), position)
  }

  private func element(
    _ a: Tensor, _ b: Tensor, _ starts: [(Int, Int)], _ position: Int
  ) -> Double {
    let (m, k) = (a.shape[a.shape.count - 2], a.shape[a.shape.count - 1])
    let n = b.shape[b.shape.count - 1]
    let start = starts[position / (m * n)]
    let (row, column) = (position / n % m, position % n)
    return (0..<k).reduce(0.0) { sum, i in
      sum + a.number(at: (start.0 * m + row) * k + i)
        * b.number(at: (start.1 * k + i) * n + column)
    }
  }

  /// Doubles, and integers, which wrap as long as f64 counts them.
  private func slowly(
    _ inputs: [Tensor], _ a: Tensor, _ b: Tensor, _ lead: [Int], _ shape: [Int]
  ) -> Tensor {
    let starts = pairs(a, b, lead)
    let sums = (0..<shape.reduce(1, *)).map { element(a, b, starts, $0) }
    return Tensor(doubles: sums, shape: shape, as: a.element)
  }

  private func matrices(_ tensor: Tensor, isRow: Bool) -> Tensor {
    guard tensor.shape.count == 1 else { return tensor }
    return tensor.reshaped(isRow ? [1] + tensor.shape : tensor.shape + [1])
  }

  /// Which matrix of a and which of b each matrix of y is the product of.
  private func pairs(_ a: Tensor, _ b: Tensor, _ lead: [Int]) -> [(Int, Int)] {
    func numbers(_ tensor: Tensor) -> [Int64] {
      let own = Array(tensor.shape.dropLast(2))
      let counted = (0..<Int64(own.reduce(1, *))).map { $0 }
      return Tensor(integers: counted, shape: own).broadcast(to: lead).integers
    }
    return zip(numbers(a), numbers(b)).map { (Int($0), Int($1)) }
  }
}
