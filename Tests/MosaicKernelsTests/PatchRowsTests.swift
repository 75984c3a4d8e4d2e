import MosaicKernels
import MosaicTestSupport
import Testing

@Suite struct PatchRowsTests {
  /// The product of patches and weights is the convolution, element by element.
  @Test(arguments: [(3, 1, 1), (3, 2, 1), (1, 1, 0), (5, 3, 4), (2, 2, 0)])
  func rowsTimesWeightsAreTheConvolution(kernel: Int, stride: Int, padding: Int) {
    let convolution = ConvolutionShape(
      channels: 3, height: 7, width: 9, outer: 4, kernel: kernel, stride: stride, padding: padding)
    let shape = PatchShape(
      channels: 3, extents: (7, 9), window: (kernel, kernel), strides: (stride, stride),
      dilations: (1, 1), before: (padding, padding),
      places: (convolution.outputHeight, convolution.outputWidth))
    var random = SplitMix64(seed: 6)
    let x = random.floats(3 * 7 * 9)
    let weight = random.floats(4 * shape.columns)
    var expected = [Float](repeating: .nan, count: 4 * shape.rowCount)
    var scratch = [Float](repeating: 0, count: max(1, convolution.scratchCount))
    convolution2D(
      x, weight: weight, bias: nil, into: &expected, shape: convolution, scratch: &scratch)
    // In two parts: any range of rows can be asked for.
    let middle = shape.rowCount / 2
    for range in [0..<middle, middle..<shape.rowCount] where !range.isEmpty {
      var rows = [Float](repeating: .nan, count: range.count * shape.columns)
      patchRows(x, range, into: &rows, shape: shape)
      for (index, place) in range.enumerated() {
        for output in 0..<4 {
          let terms = (0..<shape.columns).map {
            Double(rows[index * shape.columns + $0]) * Double(weight[output * shape.columns + $0])
          }
          // An f32 sum of k terms errs by at most k · 2⁻²⁴ · Σ|term|.
          let bound = Double(shape.columns) * 0x1p-24 * terms.reduce(0) { $0 + abs($1) }
          let found = Double(expected[output * shape.rowCount + place])
          #expect(abs(terms.reduce(0, +) - found) <= bound)
        }
      }
    }
  }

  /// Unlike extents, strides and dilations along the two axes.
  @Test func everyExtentHasItsAxis() {
    let shape = PatchShape(
      channels: 2, extents: (5, 8), window: (2, 3), strides: (1, 2), dilations: (3, 1),
      before: (1, 2), places: (4, 5))
    let x = (0..<80).map { Float($0 + 1) }
    var rows = [Float](repeating: .nan, count: shape.rowCount * shape.columns)
    patchRows(x, 0..<shape.rowCount, into: &rows, shape: shape)
    for place in 0..<20 {
      for column in 0..<12 {
        let (channel, i, j) = (column / 6, column / 3 % 2, column % 3)
        let (row, at) = (place / 5 - 1 + 3 * i, place % 5 * 2 - 2 + j)
        let isInside = (0..<5).contains(row) && (0..<8).contains(at)
        let expected = isInside ? x[(channel * 5 + row) * 8 + at] : 0
        #expect(rows[place * 12 + column] == expected)
      }
    }
  }
}
