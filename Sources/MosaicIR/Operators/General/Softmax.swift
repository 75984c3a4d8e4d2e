internal import MosaicKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `y = exp(x) / Σ exp(x)` along the last axis; y as x.
public struct Softmax: Operator {
  public static let name = "softmax"

  public init() {}

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, inputs[0].rank > 0, inputs[0].element.isFloat else {
      throw ShapeError(name, expected: "floats [..., width]", found: inputs)
    }
    return inputs
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let last = inputs[0].rank - 1
    return AxisRule.passingAll(rank: inputs[0].rank, except: [last]) + [
      AxisRule(.pinned("a softmax sums over it"), [.input(0, axis: last), .output(0, axis: last)])
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    guard x.element.isComputedInF32 else { return evaluateByReference(inputs) }
    let width = x.shape[x.shape.count - 1]
    if x.count == 0 { return inputs }
    let values = x.floats
    let y = floats(x.count) { y in
      y.update(from: values, count: values.count)
      softmaxRows(y, rows: values.count / width, width: width, stride: width)
    }
    return [Tensor(y, shape: x.shape, as: x.element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let width = inputs[0].shape[inputs[0].shape.count - 1]
    let first = position / width * width
    let row = (first..<first + width).map { inputs[0].number(at: $0) }
    let peak = row.max() ?? 0
    return exp(row[position - first] - peak) / row.reduce(0) { $0 + exp($1 - peak) }
  }
}
