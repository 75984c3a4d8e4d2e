import MosaicKernels
import MosaicTestSupport
import Testing

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
    // More than one band, the last one short.
    ConvolutionShape(
      channels: 2, height: 21, width: 60, outer: 3, kernel: 3, stride: 1, padding: 1),
  ]

  @Test(arguments: shapes, [true, false])
  func matchesFloat64(shape: ConvolutionShape, hasBias: Bool) {
    var random = SplitMix64(seed: 8)
    let kernel = shape.kernel
    let inner = shape.channels * kernel * kernel
    let x = random.floats(shape.channels * shape.height * shape.width)
    let w = random.floats(shape.outer * inner)
    let b = random.floats(shape.outer)
    var y = [Float](
      repeating: .nan, count: shape.outer * shape.outputHeight * shape.outputWidth)
    var scratch = [Float](repeating: .nan, count: shape.scratchCount + 1)
    b.withUnsafeBufferPointer { bias in
      convolution2D(
        x, weight: w, bias: hasBias ? bias.baseAddress : nil, into: &y, shape: shape,
        scratch: &scratch)
    }
    #expect(scratch[shape.scratchCount].isNaN)

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
