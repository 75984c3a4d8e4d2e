import MosaicTestSupport
import Testing

@testable import MosaicKernels

@Suite struct ConvolutionTests {
  static let shapes = [
    ConvolutionShape(
      channels: 4, height: 8, width: 8, outer: 6, kernel: 2, stride: 2, padding: 0),
    ConvolutionShape(
      channels: 3, height: 5, width: 7, outer: 5, kernel: 3, stride: 1, padding: 1),
    ConvolutionShape(
      channels: 3, height: 9, width: 6, outer: 4, kernel: 3, stride: 2, padding: 1),
    ConvolutionShape(
      channels: 5, height: 4, width: 3, outer: 7, kernel: 1, stride: 1, padding: 0),
    ConvolutionShape(
      channels: 2, height: 7, width: 7, outer: 3, kernel: 1, stride: 2, padding: 0),
    ConvolutionShape(
      channels: 1, height: 2, width: 1, outer: 2, kernel: 5, stride: 1, padding: 4),
    ConvolutionShape(
      channels: 2, height: 6, width: 6, outer: 3, kernel: 4, stride: 3, padding: 3),
    // More than one block of places, the last one short, and of channels.
    ConvolutionShape(
      channels: 40, height: 21, width: 60, outer: 3, kernel: 3, stride: 1, padding: 1),
    // Neighbours in runs of 16, 8 and 4, and panels of one to four vectors.
    ConvolutionShape(
      channels: 3, height: 6, width: 32, outer: 9, kernel: 3, stride: 1, padding: 1),
    ConvolutionShape(
      channels: 3, height: 8, width: 8, outer: 17, kernel: 3, stride: 1, padding: 1),
    ConvolutionShape(
      channels: 3, height: 4, width: 4, outer: 2, kernel: 3, stride: 1, padding: 1),
    // A window larger than a block.
    ConvolutionShape(
      channels: 1, height: 130, width: 130, outer: 1, kernel: 121, stride: 1, padding: 0),
  ]

  private struct Sample {
    var shape: ConvolutionShape
    var x, w, b: [Float]

    init(_ shape: ConvolutionShape) {
      var random = SplitMix64(seed: 8)
      self.shape = shape
      x = random.floats(shape.channels * shape.height * shape.width)
      w = random.floats(shape.outer * shape.taps)
      b = random.floats(shape.outer)
    }

    /// The convolution by parts of the plane and of the channels.
    func run(places: [Range<Int>?] = [nil], outer: [Range<Int>?] = [nil], hasBias: Bool = true)
      -> [Float]
    {
      var y = [Float](repeating: .nan, count: shape.outer * shape.places)
      var scratch = [Float](repeating: .nan, count: shape.scratchCount + 1)
      for places in places {
        for outer in outer {
          b.withUnsafeBufferPointer { bias in
            convolution2D(
              x, weight: w, bias: hasBias ? bias.baseAddress : nil, into: &y, shape: shape,
              places: places, outer: outer, scratch: &scratch)
          }
        }
      }
      #expect(scratch[shape.scratchCount].isNaN)
      return y
    }
  }

  /// An element's sum has one order, so nothing else may show in its bits.
  @Test(arguments: KernelLevel.available, shapes)
  func partsDoNotShow(level: KernelLevel, shape: ConvolutionShape) {
    KernelLevel.with(level) {
      let sample = Sample(shape)
      let (middle, half) = (shape.places * 3 / 7, shape.outer / 2)
      #expect(
        sample.run(
          places: [0..<middle, middle..<shape.places], outer: [0..<half, half..<shape.outer])
          == sample.run())
    }
  }

  @Test(arguments: shapes, KernelLevel.available)
  func matchesFloat64(shape: ConvolutionShape, level: KernelLevel) {
    KernelLevel.with(level) {
      for hasBias in [true, false] { expectMatch(Sample(shape), hasBias: hasBias) }
    }
  }

  private func expectMatch(_ sample: Sample, hasBias: Bool) {
    let (shape, kernel, inner) = (sample.shape, sample.shape.kernel, sample.shape.taps)
    let (x, w, b) = (sample.x, sample.w, sample.b)
    let y = sample.run(hasBias: hasBias)
    var expected: [Double] = []
    for outer in 0..<shape.outer {
      for row in 0..<shape.outputHeight {
        for column in 0..<shape.outputWidth {
          var sum = hasBias ? Double(b[outer]) : 0
          for channel in 0..<shape.channels {
            for i in 0..<kernel {
              for j in 0..<kernel {
                let r = row * shape.stride + i - shape.padding
                let c = column * shape.stride + j - shape.padding
                guard (0..<shape.height).contains(r), (0..<shape.width).contains(c) else {
                  continue
                }
                let weight = w[((outer * shape.channels + channel) * kernel + i) * kernel + j]
                sum +=
                  Double(weight) * Double(x[(channel * shape.height + r) * shape.width + c])
              }
            }
          }
          expected.append(sum)
        }
      }
    }
    // inner + 1 terms below 1, each rounding at most half an ulp of their total.
    let bound = Double((inner + 1) * (inner + 1)) * halfUlp
    expectClose(y, expected) { _ in bound }
  }
}
