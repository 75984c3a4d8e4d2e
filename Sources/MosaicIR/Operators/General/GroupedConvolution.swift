internal import MosaicKernels

/// A convolution of any number of spatial axes: x [n, groups · channels, spatial...],
/// w [groups · outer, channels, window...], optional b [groups · outer];
/// y [n, groups · outer, places...].
///
/// `Convolution` is the case of two axes, a square window and no groups.
public struct GroupedConvolution: Operator {
  public static let name = "grouped-convolution"
  public var window: Window
  public var groups: Int

  public init(window: Window, groups: Int) {
    self.window = window
    self.groups = groups
  }

  public var attributes: [(name: String, value: String)] {
    window.attributes + [("groups", "\(groups)")]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    let found = ShapeError(
      name,
      expected: "x [n, \(groups) · c, ...], w [\(groups) · o, c, ...] whose window fits into x, "
        + "and b [\(groups) · o]", found: inputs)
    guard (2...3).contains(inputs.count), groups > 0, inputs[0].rank >= 3,
      inputs[1].rank == inputs[0].rank, inputs[0].element.isFloat,
      inputs.allSatisfy({ $0.element == inputs[0].element }),
      inputs[1].shape[1].multiplied(by: Dimension(groups)) == inputs[0].shape[1],
      inputs[1].shape[0].isFixed, inputs[1].shape[0].factor.isMultiple(of: groups),
      inputs[1].shape[0].factor <= MatMul.largestExtent,
      let taps = TensorType(Array(inputs[1].shape.dropFirst())).count,
      taps.factor <= MatMul.largestExtent,
      inputs[1].shape[2...].elementsEqual(window.extents.map { Dimension($0) }),
      inputs.count == 2 || inputs[2].shape == [inputs[1].shape[0]],
      let places = window.places(over: Array(inputs[0].shape[2...]))
    else { throw found }
    return [
      TensorType([inputs[0].shape[0], inputs[1].shape[0]] + places, element: inputs[0].element)
    ]
  }

  public func cost(of inputs: [TensorType], outputs: [TensorType]) -> Cost {
    Cost(macs: outputs[0].sampleCount, inputs[1].sampleShape.dropFirst().reduce(1, *))
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    if groups == 1 { return AxisRule.convolution(inputs) }
    return [AxisRule(.passes, [.input(0, axis: 0), .output(0, axis: 0)])]
      + AxisRule.pinningAll("a convolution of groups", inputs, outputs).filter {
        $0.axes != [.input(0, axis: 0)] && $0.axes != [.output(0, axis: 0)]
      }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    guard inputs[0].element.isComputedInF32 else { return evaluateByReference(inputs) }
    let (shape, places) = shapes(inputs)
    let count = places.reduce(1, *)
    let (channels, outer) = (inputs[1].shape[1], inputs[1].shape[0] / groups)
    let taps = channels * window.count
    let plane = inputs[0].shape[2...].reduce(1, *)
    let (x, w) = (inputs[0].floats, inputs[1].floats)
    var y = [Float](repeating: 0, count: shape.reduce(1, *))
    // A few megabytes of patches at once, whatever the tensor's size.
    let block = max(1, min(count, (1 << 20) / max(taps, 1)))
    var patches = [Float](repeating: 0, count: taps * block)
    var products = [Float](repeating: 0, count: outer * block)
    for first in stride(from: 0, to: count, by: block) {
      let range = first..<min(first + block, count)
      let sources = window.sources(
        of: range, among: places, in: Array(inputs[0].shape[2...]))
      for part in 0..<shape[0] * groups {
        for channel in 0..<channels {
          let start = (part * channels + channel) * plane
          for (index, source) in sources.enumerated() {
            patches[channel * sources.count + index] = source < 0 ? 0 : x[start + source]
          }
        }
        let group = part % groups
        w.withUnsafeBufferPointer { w in
          guard let w = w.baseAddress else { return }
          product(
            w + group * outer * taps, patches, into: &products, m: outer, n: range.count, k: taps)
        }
        for channel in 0..<outer {
          let to = (part * outer + channel) * count + first
          for index in range.indices {
            y[to + index - first] = products[channel * range.count + index - first]
          }
        }
      }
    }
    if inputs.count > 2 {
      let bias = inputs[2].floats
      for index in y.indices { y[index] += bias[index / count % bias.count] }
    }
    return [Tensor(y, shape: shape, as: inputs[0].element)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let (shape, places) = shapes(inputs)
    let at = Tensor.coordinates(of: position, in: shape)
    let (channels, outer) = (inputs[1].shape[1], inputs[1].shape[0] / groups)
    let spatial = Array(inputs[0].shape[2...])
    let place = Tensor.coordinates(of: position % places.reduce(1, *), in: places)
    var sum = inputs.count > 2 ? inputs[2].number(at: at[1]) : 0
    for channel in 0..<channels {
      let own = at[0] * groups * channels + at[1] / outer * channels + channel
      for tap in 0..<window.count {
        guard
          let source = window.source(
            tap: Tensor.coordinates(of: tap, in: window.extents), at: place, in: spatial)
        else { continue }
        sum +=
          inputs[0].number(at: own * spatial.reduce(1, *) + source)
          * inputs[1].number(at: (at[1] * channels + channel) * window.count + tap)
      }
    }
    return sum
  }

  private func shapes(_ inputs: [Tensor]) -> (shape: [Int], places: [Int]) {
    let places = window.places(over: Array(inputs[0].shape[2...]))
    return ([inputs[0].shape[0], inputs[1].shape[0]] + places, places)
  }
}
