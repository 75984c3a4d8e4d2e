internal import MosaicKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `softmax(q · kᵀ · scale) · v` head by head: q [n, queries, heads · size],
/// k and v [n, keys, heads · size]; y as q.
///
/// The number of heads follows from the width, so a variant with fewer heads is the same node.
public struct Attention: Operator {
  public static let name = "attention"
  public var headSize: Int
  public var scale: Float

  public init(headSize: Int, scale: Float) {
    self.headSize = headSize
    self.scale = scale
  }

  public var attributes: [(name: String, value: String)] {
    [("head-size", "\(headSize)"), ("scale", "\(scale)")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 3, inputs.allSatisfy({ $0.rank == 3 }), headSize > 0,
      inputs[1] == inputs[2], inputs[0].shape[0] == inputs[1].shape[0],
      inputs[0].shape[2] == inputs[1].shape[2],
      inputs[0].shape[2].factor.isMultiple(of: headSize)
    else {
      throw ShapeError(
        name,
        expected: "q [n, queries, heads · \(headSize)], k and v [n, keys, heads · \(headSize)]",
        found: inputs)
    }
    return [inputs[0]]
  }

  public func cost(of inputs: [TensorType], outputs: [TensorType]) -> Cost {
    Cost(macs: 2, inputs[0].sampleCount, inputs[1].shape[1].factor)
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    [
      AxisRule(.passes, (0..<3).map { .input($0, axis: 0) } + [.output(0, axis: 0)]),
      AxisRule(.pinned("attention mixes tokens"), [.input(0, axis: 1), .output(0, axis: 1)]),
      AxisRule(.pinned("attention mixes tokens"), [.input(1, axis: 1), .input(2, axis: 1)]),
      AxisRule(
        .passes,
        (0..<3).map { .input($0, axis: 2, block: headSize) }
          + [.output(0, axis: 2, block: headSize)]),
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (samples, queries, width) = (
      inputs[0].shape[0], inputs[0].shape[1], inputs[0].shape[2]
    )
    let y = floats(inputs[0].count) { y in
      let keys = inputs[1].shape[1]
      let shape = AttentionShape(
        heads: width / headSize, size: headSize, queries: queries, keys: keys, scale: scale)
      let (q, k, v) = (inputs[0].floats, inputs[1].floats, inputs[2].floats)
      withScratch(shape.scratchCount) { scratch in
        for sample in 0..<samples {
          let (query, key) = (sample * queries * width, sample * keys * width)
          attention(
            q: Array(q[query..<query + queries * width]), qStride: width,
            k: Array(k[key..<key + keys * width]), kStride: width,
            v: Array(v[key..<key + keys * width]), vStride: width, into: y + query,
            yStride: width, shape: shape, scratch: scratch)
        }
      }
    }
    return [Tensor(y, shape: inputs[0].shape)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let at = Tensor.coordinates(of: position, in: inputs[0].shape)
    let (queries, width, keys) = (
      inputs[0].shape[1], inputs[0].shape[2], inputs[1].shape[1]
    )
    let first = at[2] / headSize * headSize
    let (q, k, v) = (inputs[0].floats, inputs[1].floats, inputs[2].floats)
    let query = (at[0] * queries + at[1]) * width
    let scores = (0..<keys).map { key in
      (first..<first + headSize).reduce(0.0) { sum, column in
        sum + Double(q[query + column]) * Double(k[(at[0] * keys + key) * width + column])
      } * Double(scale)
    }
    let peak = scores.max() ?? 0
    let weights = scores.map { exp($0 - peak) }
    let weighted = zip(weights, 0..<keys).reduce(0.0) { sum, pair in
      sum + pair.0 * Double(v[(at[0] * keys + pair.1) * width + at[2]])
    }
    return weighted / weights.reduce(0, +)
  }
}
