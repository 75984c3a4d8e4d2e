import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicKernels

@Suite struct ChannelMapTests {
  /// Channels in the last axis, in the first, and between others, against plain sums.
  @Test(arguments: [[5, 7], [7, 3, 2], [7], [1, 1], [16, 100]])
  func mapsChannels(shape: [Int]) {
    let axis = ChannelAxis(of: shape)
    var random = SplitMix64(seed: 21)
    let x = random.floats(shape.reduce(1, *))
    let matrix = random.floats(4 * axis.count)
    var y = [Float](repeating: .nan, count: axis.outer * 4 * axis.inner)
    ChannelMap(matrix, count: 4, axis: axis).apply(x, into: &y)
    for outer in 0..<axis.outer {
      for inner in 0..<axis.inner {
        func place(_ channel: Int, _ count: Int) -> Int {
          (outer * count + channel) * axis.inner + inner
        }
        let projected = (0..<4).map { row in
          (0..<axis.count).reduce(0.0) {
            $0 + Double(matrix[row * axis.count + $1]) * Double(x[place($1, axis.count)])
          }
        }
        for (row, expected) in projected.enumerated() {
          #expect(abs(Double(y[place(row, 4)]) - expected) <= Double(axis.count) * 4 * halfUlp)
        }
      }
    }
  }

  /// Vectors of length 1, at right angles, whose products with the matrix are multiples of them.
  @Test(arguments: [(1, 1), (5, 2), (12, 12), (40, 3), (3, 9)])
  func findsLeadingEigenvectors(size: Int, count: Int) throws {
    var random = SplitMix64(seed: 22)
    let root = Matrix(
      rows: size, columns: size, elements: random.floats(size * size).map(Double.init))
    let a = gram(root)
    let vectors = try #require(leadingEigenvectors(of: a, count: count))
    #expect(vectors.rows == min(size, count) && vectors.columns == size)
    let products = multiply(vectors, by: a)
    let angles = multiply(vectors, by: vectors, rightTransposed: true)
    let scaled = multiply(products, by: vectors, rightTransposed: true)
    var last = Double.infinity
    for row in 0..<vectors.rows {
      let value = scaled[row, row]
      #expect(value <= last + 1e-9)
      last = value
      for column in 0..<size {
        #expect(abs(products[row, column] - value * vectors[row, column]) <= 1e-10 * Double(size))
      }
      for other in 0..<vectors.rows {
        #expect(abs(angles[row, other] - (row == other ? 1 : 0)) <= 1e-12 * Double(size))
      }
    }
    // What is left has no larger value: the trace is the sum of all of them.
    let trace = (0..<size).reduce(0) { $0 + a[$1, $1] }
    let found = (0..<vectors.rows).reduce(0) { $0 + scaled[$1, $1] }
    #expect(trace - found <= Double(size - vectors.rows) * last + 1e-9)
  }
}
