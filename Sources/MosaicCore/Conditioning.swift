/// Values of the inputs that say what is to be denoised: text, masks, sizes.
///
/// Samples take the rows in turn. Guidance takes the null row in place of a sample's own, for those
/// inputs that have one.
public struct Conditioning: Sendable {
  /// An input of a network, by its name, with the shape of one row.
  public struct Input: Sendable, Equatable {
    public var name: String
    public var shape: [Int]
    public var isInteger: Bool

    public init(name: String, shape: [Int], isInteger: Bool) {
      self.name = name
      self.shape = shape
      self.isInteger = isInteger
    }

    /// Elements of one row.
    public var count: Int { shape.reduce(1, *) }
  }

  /// What an input is given, row by row.
  public enum Values: Sendable, Equatable {
    case floats([Float])
    case integers([Int32])
  }

  private struct Column: Sendable {
    var input: Input
    var values: Values
    /// Whether a null row follows the others.
    var hasNull: Bool
  }

  /// The file, for messages.
  public let path: String
  /// Rows that samples take in turn.
  public let rowCount: Int
  private var columns: [Column] = []

  /// What the name of an input's null row starts with.
  public static let nullPrefix = "null."

  /// The tensors of `file` under the names of `inputs`, [rows, shape...] each; one row serves all
  /// samples. `null.NAME` [1, shape...] is the null row.
  ///
  /// - Throws: `ConditioningError` naming the tensor that is missing or does not fit.
  public init(_ file: SafetensorsReader, inputs: [Input]) throws(ConditioningError) {
    path = file.path
    var views: [(input: Input, view: TensorView)] = []
    var rowCount = 1
    for input in inputs {
      guard let view = file.tensor(input.name) else {
        throw ConditioningError(
          path: path, reason: .missing(input.name, expected: input.shape))
      }
      let rows = try Self.rows(of: view, named: input.name, input, path)
      guard rows == 1 || rowCount == 1 || rows == rowCount else {
        throw ConditioningError(
          path: path, reason: .rows(input.name, found: rows, expected: rowCount))
      }
      rowCount = max(rowCount, rows)
      views.append((input, view))
    }
    self.rowCount = rowCount
    for (input, view) in views {
      let name = Self.nullPrefix + input.name
      let null = file.tensor(name)
      if let null, try Self.rows(of: null, named: name, input, path) != 1 {
        throw ConditioningError(
          path: path, reason: .shape(name, expected: [1] + input.shape, found: null.shape))
      }
      columns.append(
        Column(
          input: input, values: try Self.values(view, null, input, rowCount: rowCount, path),
          hasNull: null != nil))
    }
  }

  public var inputs: [Input] { columns.map(\.input) }

  /// Whether guidance has anything to guide away from.
  public var hasNull: Bool { columns.contains(where: \.hasNull) }

  /// The rows that samples have, one behind the other.
  ///
  /// - Parameters:
  ///   - name: One of `inputs`.
  ///   - rows: The row of each sample.
  ///   - withNull: Whether as many null rows follow; an input without one has its rows again.
  public func values(of name: String, rows: [Int32], withNull: Bool) -> Values? {
    guard let column = columns.first(where: { $0.input.name == name }) else { return nil }
    let own = rows.map { Int($0) }
    let null = column.hasNull ? own.map { _ in rowCount } : own
    let numbers = withNull ? own + null : own
    let width = column.input.count
    switch column.values {
    case .floats(let values):
      return .floats(numbers.flatMap { values[$0 * width..<($0 + 1) * width] })
    case .integers(let values):
      return .integers(numbers.flatMap { values[$0 * width..<($0 + 1) * width] })
    }
  }

  /// The first integer given to an input that is not one of `range`.
  public func stranger(in name: String, outside range: Range<Int>) -> Int? {
    guard let column = columns.first(where: { $0.input.name == name }),
      case .integers(let values) = column.values
    else { return nil }
    return values.first { !range.contains(Int($0)) }.map { Int($0) }
  }

  /// SHA-256 of all values, so that what was calibrated on others is told apart.
  public func digest() -> [UInt8] {
    var hash = SHA256()
    for column in columns {
      var header = "\(column.input.name) \(column.input.shape) \(rowCount) \(column.hasNull)\n"
      header.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
      switch column.values {
      case .floats(let values): values.withUnsafeBytes { hash.update($0) }
      case .integers(let values): values.withUnsafeBytes { hash.update($0) }
      }
    }
    return hash.finish()
  }

  private static func rows(
    of view: TensorView, named name: String, _ input: Input, _ path: String
  ) throws(ConditioningError) -> Int {
    let rest = Array(view.shape.dropFirst())
    // One element a row is stored as [n] as often as [n, 1].
    guard let rows = view.shape.first, rows > 0,
      rest == input.shape || (rest.isEmpty && input.count == 1 && input.shape.count <= 1)
        || (rest == [1] && input.shape.isEmpty)
    else {
      throw ConditioningError(
        path: path, reason: .shape(name, expected: [-1] + input.shape, found: view.shape))
    }
    guard rows < Int(Int32.max) else {
      throw ConditioningError(path: path, reason: .rows(name, found: rows, expected: 1))
    }
    guard !input.isInteger || !view.dataType.isFloat else {
      throw ConditioningError(path: path, reason: .notIntegers(name))
    }
    return rows
  }

  private static func values(
    _ view: TensorView, _ null: TensorView?, _ input: Input, rowCount: Int, _ path: String
  ) throws(ConditioningError) -> Values {
    if input.isInteger {
      let values = repeated(view.integers(), to: rowCount * input.count)
      return .integers((values + (null?.integers() ?? [])).map { Int32(clamping: $0) })
    }
    let values =
      repeated(floats(view), to: rowCount * input.count) + (null.map(floats) ?? [])
    guard values.allSatisfy(\.isFinite) else {
      throw ConditioningError(path: path, reason: .notFinite(input.name))
    }
    return .floats(values)
  }

  private static func floats(_ view: TensorView) -> [Float] {
    [Float](unsafeUninitializedCapacity: view.elementCount) { buffer, count in
      count = view.elementCount
      view.convert(into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
    }
  }

  private static func repeated<Element>(_ values: [Element], to count: Int) -> [Element] {
    values.count == count
      ? values : (0..<count / max(values.count, 1)).flatMap { _ in values }
  }
}
