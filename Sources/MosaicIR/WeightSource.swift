public import MosaicCore

/// Where a graph's weights lie: their bytes by name.
public protocol WeightSource: Sendable {
  /// The weight's bytes as stored, or nil where there is none of this name.
  func tensor(_ name: String) -> TensorView?

  /// The file that holds the weight, for messages.
  func path(of name: String) -> String?
}

extension WeightSource {
  public func path(of name: String) -> String? { nil }
}
