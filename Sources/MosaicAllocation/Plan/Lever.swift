/// A way to save work that a plan may use.
public enum Lever: String, Sendable, CaseIterable {
  /// Pruned networks, one for each step range.
  case prune
  /// Branches of sub-layers taken from earlier steps.
  case reuse
  /// Steps that do not run the network at all: its output is taken from earlier steps.
  case steps
}

public typealias Levers = Set<Lever>

extension Levers {
  public static var all: Levers { Set(Lever.allCases) }

  /// The mosaic alone: one pruned variant a step range and nothing else.
  public static let plain: Levers = [.prune]

  /// In a fixed order, with commas.
  public var listed: String {
    Lever.allCases.filter(contains).map(\.rawValue).joined(separator: ",")
  }
}
