import ArgumentParser

/// A number of things, or `auto` for as many as are worth it.
enum CountOrAuto: ExpressibleByArgument, Equatable, CustomStringConvertible {
  case count(Int)
  case automatic

  init?(argument: String) {
    if argument == "auto" {
      self = .automatic
    } else if let count = Int(argument) {
      self = .count(count)
    } else {
      return nil
    }
  }

  /// The number given; nil for `auto`.
  var count: Int? {
    if case .count(let count) = self { return count }
    return nil
  }

  var description: String { count.map { "\($0)" } ?? "auto" }
}
