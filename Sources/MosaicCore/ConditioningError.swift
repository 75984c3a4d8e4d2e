/// A file of conditioning does not fit the network.
public struct ConditioningError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    /// The shape of one row of it.
    case missing(String, expected: [Int])
    /// The shape of all of it, which every sample shares.
    case missingShared(String, expected: [Int])
    /// -1 stands for the rows.
    case shape(String, expected: [Int], found: [Int])
    case rows(String, found: Int, expected: Int)
    case notIntegers(String)
    case notFinite(String)
    case indexOutside(String, Int, rows: Int)
  }

  public var path: String
  public var reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String {
    "\(printable(path, limit: 400)): \(what)"
  }

  private var what: String {
    switch reason {
    case .missing(let name, let expected):
      "holds no tensor '\(printable(name))' \(Self.text([-1] + expected)), which the network takes a"
        + " row of for every sample"
    case .missingShared(let name, let expected):
      "holds no tensor '\(printable(name))' \(Self.text(expected)), which the network takes for all"
        + " samples alike"
    case .shape(let name, let expected, let found):
      "tensor '\(printable(name))' must be \(Self.text(expected)), found \(found)"
    case .rows(let name, let found, let expected):
      "tensor '\(printable(name))' has \(found) rows where the tensors before it have \(expected);"
        + " give as many, or one for all"
    case .notIntegers(let name): "tensor '\(printable(name))' must hold integers"
    case .notFinite(let name):
      "tensor '\(printable(name))' holds values that are NaN or infinite"
    case .indexOutside(let name, let index, let rows):
      "tensor '\(printable(name))' holds \(index), outside 0..<\(rows)"
    }
  }

  public var exitStatus: ExitStatus { .badData }

  private static func text(_ shape: [Int]) -> String {
    "[\(shape.map { $0 < 0 ? "n" : "\($0)" }.joined(separator: ", "))]"
  }
}
