/// A dense matrix of f64 in row-major order: element (r, c) is `elements[r * columns + c]`.
public struct Matrix: Sendable, Equatable {
  public var rows: Int
  public var columns: Int
  /// `rows * columns` values.
  public var elements: [Double]

  /// A matrix of zeros.
  public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, elements: Array(repeating: 0, count: rows * columns))
  }

  /// A matrix of the `rows * columns` values given.
  public init(rows: Int, columns: Int, elements: [Double]) {
    guard elements.count == rows * columns else {
      fatalError("\(elements.count) elements cannot fill a \(rows) x \(columns) matrix")
    }
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// The `size` x `size` identity.
  public static func identity(_ size: Int) -> Matrix {
    var result = Matrix(rows: size, columns: size)
    for index in 0..<size { result[index, index] = 1 }
    return result
  }

  @inlinable
  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }
}
