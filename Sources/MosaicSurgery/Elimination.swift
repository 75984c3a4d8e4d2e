/// The order in which greedy second-order pruning removes units, and what each removal costs.
public struct Elimination: Sendable, Equatable {
  /// Units of the consumer before any went.
  public let unitCount: Int
  /// Units removed, first to last.
  public let order: [Int]
  /// `lossCurve[k]` is the refitted loss once `order[..<k]` are gone: `order.count + 1` values from
  /// 0, in the unit of `UnitRemoval.loss`.
  public let lossCurve: [Double]

  /// The units left, ascending, after the first `count` removals.
  ///
  /// - Precondition: `count` is at most `order.count`.
  public func kept(removing count: Int) -> [Int] {
    var isKept = Array(repeating: true, count: unitCount)
    for unit in order[..<count] { isKept[unit] = false }
    return isKept.indices.filter { isKept[$0] }
  }
}
