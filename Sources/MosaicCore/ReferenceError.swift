/// A file of recorded tensors does not fit a network.
public struct ReferenceError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case missing(String)
    case shape(String, expected: String, found: [Int])
    case notIntegers(String)
    case indexOutside(String, Int, rows: Int)
    /// The network cannot be run on these tensors.
    case failed(model: String, problem: String)
  }

  public var path: String
  public var reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String {
    let file = printable(path, limit: 400)
    switch reason {
    case .missing(let name):
      return "\(file): holds no tensor '\(printable(name))'; record every input of the network by"
        + " its name, and 'output'"
    case .shape(let name, let expected, let found):
      return "\(file): tensor '\(printable(name))' must be \(printable(expected)), found \(found)"
    case .notIntegers(let name):
      return "\(file): tensor '\(printable(name))' must hold integers"
    case .indexOutside(let name, let index, let rows):
      return "\(file): tensor '\(printable(name))' holds \(index), outside 0..<\(rows)"
    case .failed(let model, let problem):
      return "\(printable(model, limit: 400)): cannot be run on the tensors of \(file): "
        + printable(problem, limit: 400)
    }
  }

  public var exitStatus: ExitStatus { .badData }
}
