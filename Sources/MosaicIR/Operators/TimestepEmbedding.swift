internal import MosaicKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Sinusoids of the timestep: t [n]; y [n, width] with
/// `angle_i = t · exp(-ln(maxPeriod) · i / (width / 2 - frequencyShift))`.
///
/// Source: Ho et al., "Denoising Diffusion Probabilistic Models", arXiv:2006.11239, after Vaswani
/// et al.; the shift tells diffusers' layout (1) from the original DiT's (0).
public struct TimestepEmbedding: Operator {
  public static let name = "timestep-embedding"
  public var width: Int
  public var maxPeriod: Float
  public var frequencyShift: Float
  public var isCosineFirst: Bool

  public init(width: Int, maxPeriod: Float, frequencyShift: Float, isCosineFirst: Bool) {
    self.width = width
    self.maxPeriod = maxPeriod
    self.frequencyShift = frequencyShift
    self.isCosineFirst = isCosineFirst
  }

  public var attributes: [(name: String, value: String)] {
    [
      ("width", "\(width)"), ("max-period", "\(maxPeriod)"),
      ("frequency-shift", "\(frequencyShift)"), ("cosine-first", "\(isCosineFirst)"),
    ]
  }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, inputs[0].rank == 1, width >= 2, width.isMultiple(of: 2),
      Float(width / 2) > frequencyShift
    else {
      throw ShapeError(name, expected: "t [n] and an even width", found: inputs)
    }
    return [TensorType(inputs[0].shape + [Dimension(width)])]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    [
      AxisRule(.passes, [.input(0, axis: 0), .output(0, axis: 0)]),
      AxisRule(.pinned("its columns are frequencies"), [.output(0, axis: 1)]),
    ]
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let times = inputs[0].floats
    let y = floats(times.count * width) { y in
      for (row, time) in times.enumerated() {
        MosaicKernels.timestepEmbedding(
          time, into: y + row * width, width: width, maxPeriod: maxPeriod,
          frequencyShift: frequencyShift, cosineFirst: isCosineFirst)
      }
    }
    return [Tensor(y, shape: [times.count, width])]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let (row, column) = (position / width, position % width)
    let half = width / 2
    let rate = log(Double(maxPeriod)) / (Double(half) - Double(frequencyShift))
    let angle = Double(inputs[0].floats[row]) * exp(-rate * Double(column % half))
    return (column < half) == isCosineFirst ? cos(angle) : sin(angle)
  }
}
