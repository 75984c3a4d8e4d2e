import MosaicKernels
import MosaicTestSupport
import Testing

@Suite struct BlockedLinearAlgebraTests {
  private var random = SplitMix64(seed: 21)

  private mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(
      rows: rows, columns: columns, elements: random.floats(rows * columns).map(Double.init))
  }

  /// Products of fewer than 100 terms below 1 err by less than this in f64.
  private let tolerance = 1e-13

  @Test(arguments: [0, 1, 5, 33]) mutating func updatesSubtractProducts(inner: Int) {
    let a = matrix(inner, 7)
    let b = matrix(inner, 9)
    let before = matrix(7, 9)
    var c = before
    subtractProduct(transposed: a, b, from: &c)
    let square = matrix(7, 7)
    var d = square
    subtractGram(of: a, fromLowerTriangleOf: &d)
    for row in 0..<7 {
      for column in 0..<9 {
        let product = (0..<inner).reduce(0) { $0 + a[$1, row] * b[$1, column] }
        #expect(abs(c[row, column] - before[row, column] + product) <= tolerance)
      }
      for column in 0...row {
        let product = (0..<inner).reduce(0) { $0 + a[$1, row] * a[$1, column] }
        #expect(abs(d[row, column] - square[row, column] + product) <= tolerance)
      }
    }
  }

  @Test mutating func solveLowerUndoesTheFactor() throws {
    // L by construction, so that A = L Lᵀ has it as its factor.
    var lower = matrix(6, 6)
    for row in 0..<6 {
      for column in row..<6 { lower[row, column] = column == row ? 2 : 0 }
    }
    let x = matrix(6, 4)
    var b = multiply(lower, by: x)
    try CholeskyFactor(multiply(lower, by: lower, rightTransposed: true)).solveLower(&b)
    #expect(zip(b.elements, x.elements).allSatisfy { abs($0 - $1) <= tolerance })
  }

  @Test func selectionsKeepRowsColumnsAndTriangles() {
    let packed: [Double] = [0, 10, 11, 20, 21, 22, 30, 31, 32, 33]
    let full = Matrix(symmetricOfSize: 4, packedLower: packed)
    #expect(full.elements == [0, 10, 20, 30, 10, 11, 21, 31, 20, 21, 22, 32, 30, 31, 32, 33])
    #expect(full.selecting(rows: [3, 0]).elements == [30, 31, 32, 33, 0, 10, 20, 30])
    #expect(full.selecting(columns: [2]).elements == [20, 21, 22, 32])

    var lower = full
    for row in 0..<4 { for column in row + 1..<max(4, row + 1) { lower[row, column] = .nan } }
    #expect(lower.selectingSymmetric(rows: [2, 1]).elements == [20, 21, 22, 32, 10, 11, 21, 31])
    lower.keepLowerTriangle(of: [1, 3])
    #expect(lower.rows == 2 && lower.columns == 2)
    #expect([lower[0, 0], lower[1, 0], lower[1, 1]] == [11, 31, 33])
    lower.keepLowerTriangle(of: [])
    #expect(lower.elements.isEmpty)
  }

  @Test func normsAndProductsSumSquares() {
    let x = Matrix(rows: 2, columns: 3, elements: [1, 2, 3, 4, 5, 6])
    #expect(x.squaredRowNorms() == [14, 77])
    var rest: [Double] = [100, 100, 100]
    x.subtractSquaredColumnNorms(from: &rest)
    #expect(rest == [83, 71, 55])
    #expect(innerProduct(x, x) == 91)
    let long = Matrix(rows: 1, columns: 10_000, elements: Array(repeating: 2, count: 10_000))
    #expect(innerProduct(long, long) == 40_000)
  }
}
