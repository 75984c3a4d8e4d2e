internal import MosaicKernels

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

extension Elimination {
  /// Units of one column, and of groups with many units, go up to this many at a time: scores are
  /// then that many removals old, while the update stays exact.
  private static let batch = 16
  private static let fewUnits = 128

  /// Removes `count` of `units` units one after another, each time the cheapest given those already
  /// gone; what a unit costs is the sum over all consumers that take it up.
  ///
  /// - Parameter balance: Each `balance` removals take one unit from each of as many equal runs.
  /// - Throws: `RefitError.Reason.singular` where a damped covariance has no inverse.
  public init(
    of count: Int, among units: Int,
    takenUpBy consumers: [(refit: SecondOrderRefit, places: UnitPlaces)], balance: Int = 1
  ) throws(RefitError) {
    var order: [Int] = []
    var curve = [0.0]
    if count > 0 {
      var remaining: [RemainingColumns] = []
      for consumer in consumers {
        remaining.append(try consumer.refit.remainingColumns(consumer.places, units: units))
      }
      let isBatched = units > Self.fewUnits || consumers.allSatisfy { $0.places.unitSize == 1 }
      var round = Round(units: units, balance: balance)
      do throws(NotPositiveDefinite) {
        while order.count < count {
          var costs = [Double](repeating: 0, count: units)
          for columns in remaining {
            for (unit, cost) in try columns.unitCosts() { costs[unit] += cost }
          }
          let left = removed(order, of: units).sorted { (costs[$0], $0) < (costs[$1], $1) }
          let chosen = round.choose(isBatched ? min(Self.batch, count - order.count) : 1, of: left)
          order += chosen
          var added = [Double](repeating: 0, count: chosen.count)
          for index in remaining.indices {
            let slots = remaining[index].slots(of: chosen)
            for (place, cost) in try remaining[index].remove(slots).enumerated() {
              added[place] += cost
            }
          }
          for cost in added { curve.append(curve[curve.count - 1] + cost) }
        }
      } catch {
        throw consumers[0].refit.singular
      }
    }
    self.init(unitCount: units, order: order, lossCurve: curve)
  }

  /// Which runs have given a unit since all had given as many.
  private struct Round {
    let runLength: Int
    let balance: Int
    var hasGiven: Set<Int> = []

    init(units: Int, balance: Int) {
      self.balance = balance
      runLength = max(1, units / balance)
    }

    /// The first `count` of `units` that may go, or as many as do before the round is over.
    mutating func choose(_ count: Int, of units: [Int]) -> [Int] {
      if balance == 1 { return Array(units.prefix(count)) }
      var chosen: [Int] = []
      for unit in units where chosen.count < count {
        if hasGiven.insert(unit / runLength).inserted { chosen.append(unit) }
      }
      if hasGiven.count == balance { hasGiven = [] }
      return chosen
    }
  }
}

extension Array where Element == Double {
  /// Which `count` units of least importance go: as many from each of `balance` equal runs.
  ///
  /// - Returns: The units left, ascending; of equals the first goes first.
  /// - Precondition: `count` is a multiple of `balance`.
  public func unitsKept(removing count: Int, balance: Int) -> [Int] {
    let length = self.count / balance
    return (0..<balance).flatMap { run in
      MosaicSurgery.unitsKept(
        importance: Array(self[run * length..<(run + 1) * length]), removing: count / balance
      ).map { run * length + $0 }
    }
  }
}
