/// What a bundle's tensors take as a function of its ranges' sparsities, in bytes before
/// compression.
///
/// Rows of producers are stored once for all ranges; a range whose network is pruned stores its
/// refitted consumers beside them, and all dense ranges share the dense ones. Which units a range
/// keeps is not known before it is pruned: to first order the least pruned range keeps those of all
/// others, so the union of the rows is its own.
public struct BundleSize: Sendable, Equatable {
  /// Tensors that every range shares whole.
  public let fixed: Int
  /// The rows of all units of all groups, in their producers.
  public let producers: Int
  /// The columns of all units of all groups, in their consumers.
  public let consumers: Int
  /// What each refit stores whatever its sparsity: biases.
  public let consumersFixed: Int

  /// - Precondition: All are 0 or more.
  public init(fixed: Int, producers: Int, consumers: Int, consumersFixed: Int = 0) {
    precondition(
      fixed >= 0 && producers >= 0 && consumers >= 0 && consumersFixed >= 0,
      "sizes are 0 or more")
    self.fixed = fixed
    self.producers = producers
    self.consumers = consumers
    self.consumersFixed = consumersFixed
  }

  /// The bytes of the network as it came.
  public var dense: Int { fixed + producers + consumers + consumersFixed }

  /// The bytes of a bundle with these ranges, rounded up.
  ///
  /// - Parameter sparsities: sₖ, one for each range.
  public func bytes(of sparsities: [Double]) -> Int {
    // Rounding errors of the sum must not cost a byte.
    Int((exactBytes(of: sparsities) * (1 - 1e-12)).rounded(.up))
  }

  func exactBytes(of sparsities: [Double]) -> Double {
    var total = Double(fixed) + Double(producers) * (1 - (sparsities.min() ?? 0))
    for sparsity in sparsities where sparsity > 0 {
      total += Double(consumersFixed) + Double(consumers) * (1 - sparsity)
    }
    if sparsities.contains(0) { total += Double(consumersFixed + consumers) }
    return total
  }
}
