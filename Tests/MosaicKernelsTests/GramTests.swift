import MosaicKernels
import MosaicTestSupport
import Testing

@Suite struct GramTests {
  @Test(arguments: [(1, 1, 0), (3, 5, 2), (100, 33, 0), (9000, 40, 1)])
  func addsProductsAndSums(rows: Int, width: Int, gap: Int) {
    var random = SplitMix64(seed: 9)
    let stride = width + gap
    let x = random.floats(rows * stride)
    // What is there already must stay: two calls, and a start that is not zero.
    var products = [Double](repeating: 1, count: triangleCount(width: width))
    var sums = [Double](repeating: 2, count: width)
    let scratch = GramScratch(width: width)
    for _ in 0..<2 {
      gramAccumulate(
        rows: x, rowCount: rows, width: width, rowStride: stride, into: &products,
        columnSums: &sums, scratch: scratch)
    }
    // Exact products below 1 in f64 sums of at most 2 · rows terms.
    let bound = Double(4 * rows * rows + 8) * 0x1p-53
    var index = 0
    for i in 0..<width {
      var sum = 0.0
      for row in 0..<rows { sum += Double(x[row * stride + i]) }
      #expect(abs(sums[i] - 2 - 2 * sum) <= bound)
      for j in 0...i {
        var product = 0.0
        for row in 0..<rows {
          product += Double(x[row * stride + i]) * Double(x[row * stride + j])
        }
        #expect(abs(products[index] - 1 - 2 * product) <= bound)
        index += 1
      }
    }
    #expect(index == products.count)
  }
}
