/// Which values each step of a trajectory computes anew, and which it takes from earlier steps.
///
/// Source: reuse of sub-layers between steps is "feature caching"; extrapolation by a polynomial is
/// that of Liu et al., "From Reusable to Forecastable: Accelerating Diffusion Models with
/// TaylorSeers", arXiv:2503.06923, with the values themselves in place of their differences.
public struct ReusePlan: Sendable, Equatable {
  /// Names of the reusable units.
  public var units: [String]
  /// [step][unit]: nil computes; 0 repeats the last value computed, 1 and 2 extrapolate from the
  /// last two or three.
  public var orders: [[Int?]]

  public init(units: [String], orders: [[Int?]]) {
    self.units = units
    self.orders = orders
  }

  /// Nothing reused.
  public init(units: [String], steps: Int) {
    self.init(
      units: units,
      orders: Array(repeating: Array(repeating: nil, count: units.count), count: steps))
  }

  public var stepCount: Int { orders.count }

  /// Whether any step reuses anything.
  public var isTrivial: Bool { orders.allSatisfy { $0.allSatisfy { $0 == nil } } }

  /// By unit, how many of its values have to be known after `step` for what later steps reuse.
  public func depths(after step: Int) -> [Int] {
    units.indices.map { unit in
      orders[(step + 1)...].reduce(0) { most, row in max(most, row[unit].map { $0 + 1 } ?? 0) }
    }
  }

  /// Where a step asks for more values than were computed before it.
  public struct Gap: Sendable, Equatable {
    public var step: Int
    public var unit: Int
    public var order: Int
    /// Values computed before.
    public var known: Int
  }

  /// The first step that asks for values which no step before it computed; nil where the plan can
  /// be run.
  ///
  /// - Parameters:
  ///   - isNeeded: By step, whether the sampler uses the network's output: others compute nothing.
  ///   - within: By unit, the units that are not computed where it is reused.
  public func gap(isNeeded: [Bool], within: [[Int]]) -> Gap? {
    gap { step in
      let row = orders[step]
      var isSpared = [Bool](repeating: !isNeeded[step], count: units.count)
      for unit in units.indices where row[unit] != nil {
        for inner in within[unit] { isSpared[inner] = true }
      }
      return zip(isSpared, row).map { $0 ? nil : $1 == nil ? .computed : .taken }
    }
  }

  /// What becomes of a unit at a step.
  public enum Use: Sendable, Equatable { case computed, taken }

  /// The same, where what a step does is known otherwise.
  ///
  /// - Parameter use: Of a step, by unit: nil where its value is not there and not asked for.
  public func gap(use: (_ step: Int) -> [Use?]) -> Gap? {
    var known = [Int](repeating: 0, count: units.count)
    for step in orders.indices {
      for (unit, use) in use(step).enumerated() {
        switch (use, orders[step][unit]) {
        case (.computed, _): known[unit] += 1
        case (.taken, let order?) where known[unit] <= order:
          return Gap(step: step, unit: unit, order: order, known: known[unit])
        default: break
        }
      }
    }
    return nil
  }
}
