/// One change of a graph that keeps its meaning.
public protocol Pass: Sendable {
  /// A verb phrase in kebab-case.
  var name: String { get }
  func run(on graph: inout Graph)
}

/// A pass left the graph broken: a bug of that pass.
public struct PassError: Error, Equatable, Sendable, CustomStringConvertible {
  public var pass: String
  public var error: GraphError
  public var description: String { "pass '\(pass)' broke the graph: \(error)" }
}

/// The passes every imported graph goes through, in order.
public let canonicalPasses: [any Pass] = [
  MergeCommonSubexpressions(), EliminateDeadNodes(),
]

extension Graph {
  /// Runs `passes` in order and verifies the graph after each one.
  ///
  /// - Parameter observe: Called with each pass' name and the graph it left.
  public mutating func run(
    _ passes: [any Pass], observe: (String, Graph) -> Void = { _, _ in }
  ) throws(PassError) {
    for pass in passes {
      pass.run(on: &self)
      do throws(GraphError) {
        try verify()
      } catch {
        throw PassError(pass: pass.name, error: error)
      }
      observe(pass.name, self)
    }
  }
}
