import MosaicKernels
import MosaicTestSupport
import Testing

@Suite struct LinearAlgebraTests {
  private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var generator = SplitMix64(seed: seed)
    return Matrix(
      rows: rows, columns: columns,
      elements: (0..<rows * columns).map { _ in .random(in: -1..<1, using: &generator) })
  }

  private func transpose(_ a: Matrix) -> Matrix {
    var result = Matrix(rows: a.columns, columns: a.rows)
    for row in 0..<a.rows {
      for column in 0..<a.columns { result[column, row] = a[row, column] }
    }
    return result
  }

  private func plainProduct(_ a: Matrix, _ b: Matrix) -> Matrix {
    var result = Matrix(rows: a.rows, columns: b.columns)
    for row in 0..<a.rows {
      for column in 0..<b.columns {
        for k in 0..<a.columns { result[row, column] += a[row, k] * b[k, column] }
      }
    }
    return result
  }

  private func largestDifference(_ a: Matrix, _ b: Matrix) -> Double {
    #expect(a.rows == b.rows && a.columns == b.columns)
    return zip(a.elements, b.elements).map { abs($0 - $1) }.max() ?? 0
  }

  /// Diagonally dominant, so its condition number stays below 3.
  private func positiveDefinite(_ size: Int) -> Matrix {
    let x = random(size, size, seed: 5)
    var a = plainProduct(transpose(x), x)
    for index in 0..<size { a[index, index] += Double(size) }
    return a
  }

  @Test(arguments: [(1, 1, 1), (2, 3, 5), (33, 17, 65)])
  func productTakesEitherSideTransposed(rows: Int, inner: Int, columns: Int) {
    let a = random(rows, inner, seed: 1)
    let b = random(inner, columns, seed: 2)
    let expected = plainProduct(a, b)
    // Terms are below 1, and each order of summing errs by at most inner² half ulps.
    let bound = 2 * Double(inner * inner) * 0x1p-53
    let (aT, bT) = (transpose(a), transpose(b))
    #expect(largestDifference(multiply(a, by: b), expected) <= bound)
    #expect(largestDifference(multiply(aT, leftTransposed: true, by: b), expected) <= bound)
    #expect(largestDifference(multiply(a, by: bT, rightTransposed: true), expected) <= bound)
    #expect(
      largestDifference(multiply(aT, leftTransposed: true, by: bT, rightTransposed: true), expected)
        <= bound)
  }

  @Test func emptyProductsAreZero() {
    let product = multiply(Matrix(rows: 2, columns: 0), by: Matrix(rows: 0, columns: 3))
    #expect(product == Matrix(rows: 2, columns: 3))
    #expect(multiply(Matrix(rows: 0, columns: 4), by: Matrix(rows: 4, columns: 3)).rows == 0)
  }

  @Test(arguments: [(1, 1), (7, 3), (9, 40), (100, 33)])
  func gramIsTheProductWithItself(rows: Int, columns: Int) {
    let x = random(rows, columns, seed: 3)
    let expected = plainProduct(transpose(x), x)
    #expect(largestDifference(gram(x), expected) <= 2 * Double(rows * rows) * 0x1p-53)
  }

  @Test func rankOneUpdateAddsTheOuterProduct() {
    var a = random(3, 5, seed: 4)
    let before = a
    let (x, y) = ([1.0, -2, 3], [0.5, 4, -1, 0, 2])
    rankOneUpdate(&a, scale: -0.5, x, y)
    for row in 0..<3 {
      for column in 0..<5 {
        let expected = before[row, column] - 0.5 * x[row] * y[column]
        #expect(abs(a[row, column] - expected) <= 1e-14)
      }
    }
  }

  @Test(arguments: [1, 2, 31, 64, 130])
  func solvesAndInverts(size: Int) throws {
    let a = positiveDefinite(size)
    let factor = try CholeskyFactor(a)
    let x = random(size, 7, seed: 6)
    // The error of a Cholesky solve is about n · ulp · condition; |x| < 1.
    let bound = 16 * Double(size) * 0x1p-53 * 3
    #expect(largestDifference(factor.solve(plainProduct(a, x)), x) <= bound)
    #expect(
      largestDifference(plainProduct(a, factor.inverse()), .identity(size)) <= 4 * bound)
  }

  @Test func readsOnlyTheLowerTriangle() throws {
    var a = positiveDefinite(20)
    let expected = try CholeskyFactor(a).inverse()
    for row in 0..<20 {
      for column in (row + 1)..<20 { a[row, column] = .nan }
    }
    #expect(try CholeskyFactor(a).inverse() == expected)
  }

  @Test func namesTheMinorThatIsNotPositive() {
    for value in [-1.0, 0, .nan, -.infinity] {
      var a = Matrix.identity(5)
      a[2, 2] = value
      #expect(throws: NotPositiveDefinite(leadingMinor: 3)) { try CholeskyFactor(a) }
    }
  }

  @Test func nothingIsPositiveDefinite() throws {
    let factor = try CholeskyFactor(Matrix(rows: 0, columns: 0))
    #expect(factor.inverse().elements.isEmpty)
    #expect(factor.solve(Matrix(rows: 0, columns: 2)).elements.isEmpty)
  }
}
