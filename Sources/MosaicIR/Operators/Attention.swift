internal import MosaicKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `softmax(q · kᵀ · scale + mask) · v` head by head: q [n, queries, heads · size],
/// k and v [n, keys, heads · size], optional mask [n or 1, heads or 1, queries or 1, keys]; y as q.
///
/// Where the mask excludes every key from a query, by -∞, that row of y is zeros, as in ONNX's
/// Attention. The number of heads follows from the width, so a variant with fewer heads is the same node.
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
    guard (3...4).contains(inputs.count), inputs[..<3].allSatisfy({ $0.rank == 3 }), headSize > 0,
      inputs[1] == inputs[2], inputs[0].shape[0] == inputs[1].shape[0],
      inputs[0].shape[2] == inputs[1].shape[2],
      inputs[0].shape[2].factor.isMultiple(of: headSize),
      inputs.count == 3 || takes(mask: inputs[3], inputs)
    else {
      throw ShapeError(
        name,
        expected: "q [n, queries, heads · \(headSize)], k and v [n, keys, heads · \(headSize)], and"
          + " a mask [n or 1, heads or 1, queries or 1, keys] or none",
        found: inputs)
    }
    return [inputs[0]]
  }

  private func takes(mask: TensorType, _ inputs: [TensorType]) -> Bool {
    let scores = [
      inputs[0].shape[0], Dimension(inputs[0].shape[2].factor / headSize), inputs[0].shape[1],
      inputs[1].shape[1],
    ]
    return mask.element == inputs[0].element && mask.rank == 4 && mask.shape[3] == scores[3]
      && zip(mask.shape, scores).allSatisfy { $0 == 1 || $0 == $1 }
  }

  public func cost(of inputs: [TensorType], outputs: [TensorType]) -> Cost {
    Cost(macs: 2, inputs[0].sampleCount, inputs[1].shape[1].factor)
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    /// The mask's axis where it goes with the other operands' and repeats nothing.
    func mask(_ axis: Int) -> [AxisRule.Axis] {
      inputs.count > 3 && inputs[3].shape[axis] != 1 ? [.input(3, axis: axis)] : []
    }
    return [
      AxisRule(.passes, (0..<3).map { .input($0, axis: 0) } + mask(0) + [.output(0, axis: 0)]),
      AxisRule(
        .pinned("attention mixes tokens"), [.input(0, axis: 1), .output(0, axis: 1)] + mask(2)),
      AxisRule(
        .pinned("attention mixes tokens"), [.input(1, axis: 1), .input(2, axis: 1)] + mask(3)),
      AxisRule(
        .passes,
        (0..<3).map { .input($0, axis: 2, block: headSize) }
          + [.output(0, axis: 2, block: headSize)] + mask(1)),
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
        withMasks(inputs) { mask in
          for sample in 0..<samples {
            let (query, key) = (sample * queries * width, sample * keys * width)
            attention(
              q: Array(q[query..<query + queries * width]), qStride: width,
              k: Array(k[key..<key + keys * width]), kStride: width,
              v: Array(v[key..<key + keys * width]), vStride: width, into: y + query,
              yStride: width, shape: shape, mask: mask(sample), scratch: scratch)
          }
        }
      }
    }
    return [Tensor(y, shape: inputs[0].shape)]
  }

  /// Calls `body` with what gives each sample's mask.
  private func withMasks(_ inputs: [Tensor], _ body: ((Int) -> AttentionMask?) -> Void) {
    guard inputs.count > 3 else { return body { _ in nil } }
    let shape = inputs[3].shape
    let size = shape[0] == 1 ? 0 : shape[1] * shape[2] * shape[3]
    inputs[3].floats.withUnsafeBufferPointer { elements in
      body { sample in
        elements.baseAddress.map {
          AttentionMask($0 + sample * size, heads: shape[1], queries: shape[2], keys: shape[3])
        }
      }
    }
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
      } * Double(scale) + mask(inputs, at: [at[0], at[2] / headSize, at[1], key])
    }
    let peak = scores.max() ?? 0
    if peak == -.infinity { return 0 }
    let weights = scores.map { exp($0 - peak) }
    let weighted = zip(weights, 0..<keys).reduce(0.0) { sum, pair in
      sum + pair.0 * Double(v[(at[0] * keys + pair.1) * width + at[2]])
    }
    return weighted / weights.reduce(0, +)
  }

  private func mask(_ inputs: [Tensor], at place: [Int]) -> Double {
    guard inputs.count > 3 else { return 0 }
    let shape = inputs[3].shape
    let own = zip(place, shape).map { $1 == 1 ? 0 : $0 }
    return inputs[3].number(at: zip(Tensor.strides(of: shape), own).reduce(0) { $0 + $1.0 * $1.1 })
  }
}
