public import MosaicAnalysis
internal import MosaicCore

/// Plans of feature caching as the field makes them, from the dense trajectory alone: what a solved
/// plan is compared with.
public struct CachingBaselines: Sendable {
  private let networks: PlanNetworks
  private let moments: ValueMoments
  /// Units whose change decides: those of the first block, attention and feed-forward.
  private let probes: Range<Int>
  /// Units that reuse spares.
  private let branches: [Int]

  /// - Parameter moments: Of values along the dense trajectory.
  public init(_ networks: PlanNetworks, _ moments: ValueMoments) {
    self.networks = networks
    self.moments = moments
    branches = networks.units.units.indices.filter { !networks.isOutput($0) }
    probes = 0..<min(2, branches.count)
  }

  /// Every `period`-th step computes all units, the others repeat them, or those of the later half.
  public func periodic(_ period: Int, laterHalf: Bool) -> StepPlan {
    let units = laterHalf ? Array(branches.dropFirst(branches.count / 2)) : branches
    var plan = networks.densePlan
    var needed = 0
    for step in networks.isNeeded.indices where networks.isNeeded[step] {
      defer { needed += 1 }
      guard !needed.isMultiple(of: period) else { continue }
      for unit in units { plan.reuse.orders[step][unit] = 0 }
    }
    return plan
  }

  /// A step repeats all but the first block where that block's residual has changed by less than a
  /// threshold since it was last computed with the rest; the threshold is the least that keeps the
  /// budget.
  ///
  /// Source: the rule of ParaAttention's first-block cache, as cache-dit has it. Thresholds there are
  /// applied to each batch; here to the mean over the samples that the moments are of.
  ///
  /// - Parameter order: 1 extrapolates where two values are known.
  /// - Returns: nil where no threshold keeps the budget.
  public func threshold(within budget: Double, order: Int) -> StepPlan? {
    let steps = networks.isNeeded.indices.filter { networks.isNeeded[$0] }
    let changes = steps.flatMap { step in
      steps.filter { $0 < step && step - $0 <= ValueMoments.reach }.map { change(step, from: $0) }
    }
    for threshold in Set(changes).sorted() {
      let plan = plan(steps, order: order) { change($0, from: $1) <= threshold }
      if networks.cost(plan) <= budget + 1e-9 { return plan }
    }
    return nil
  }

  private func plan(
    _ steps: [Int], order: Int, repeats: (_ step: Int, _ last: Int) -> Bool
  ) -> StepPlan {
    var plan = networks.densePlan
    var computed: [Int] = []
    for step in steps {
      guard let last = computed.last, step - last <= ValueMoments.reach, repeats(step, last)
      else {
        computed.append(step)
        continue
      }
      for unit in branches where !probes.contains(unit) {
        plan.reuse.orders[step][unit] = min(order, computed.count - 1)
      }
    }
    return plan
  }

  /// How far the first block's branches have changed, relative to what they were.
  private func change(_ step: Int, from last: Int) -> Double {
    let parts = probes.map { moments.change(unit: $0, step: step, from: last) }
    let scale = parts.reduce(0) { $0 + $1.scale }
    return scale > 0 ? (parts.reduce(0) { $0 + $1.difference } / scale).squareRoot() : 0
  }

  /// The steps that compute all units, chosen by dynamic programming so that the sum of the relative
  /// squared changes of what the others repeat is least.
  ///
  /// Source: the principle of SODA, arXiv:2603.07057, and CEM, arXiv:2512.23258: errors of single
  /// reuses measured once on the dense run, intervals solved exactly.
  ///
  /// - Returns: nil where even one computed step costs more than the budget.
  public func intervals(within budget: Double) -> StepPlan? {
    let steps = networks.isNeeded.indices.filter { networks.isNeeded[$0] }
    var whole = networks.densePlan
    for unit in branches { for step in steps { whole.reuse.orders[step][unit] = 0 } }
    let spared = steps.map { networks.cost(whole, step: $0) }.max() ?? 0
    let count = Int(
      ((budget * Double(networks.neededSteps) - spared * Double(steps.count)) / (1 - spared) + 1e-9)
        .rounded(.down))
    guard count >= 1 else { return nil }
    // [computed so far][place of the last one]: least error, and the place before.
    var best: [[(error: Double, before: Int)]] = [
      steps.indices.map { ($0 == 0 ? 0 : .infinity, -1) }
    ]
    for _ in 1..<max(1, min(count, steps.count)) {
      let last = best[best.count - 1]
      best.append(
        steps.indices.map { place in
          (0..<place).map { before in
            (
              last[before].error + error(of: steps[(before + 1)..<place], from: steps[before]),
              before
            )
          }.min { $0.0 < $1.0 }.map { (error: $0.0, before: $0.1) } ?? (.infinity, -1)
        })
    }
    let ends = best[best.count - 1].enumerated().map { place, entry in
      entry.error + error(of: steps[(place + 1)...], from: steps[place])
    }
    guard var place = ends.indices.min(by: { ends[$0] < ends[$1] }) else { return nil }
    var computed: Set<Int> = []
    for row in best.reversed() {
      computed.insert(steps[place])
      place = row[place].before
      if place < 0 { break }
    }
    var plan = networks.densePlan
    for step in steps where !computed.contains(step) {
      for unit in branches { plan.reuse.orders[step][unit] = 0 }
    }
    return plan
  }

  /// What `intervals` minimises, for steps that compute all units, the first needed one among them.
  func error(computing computed: [Int]) -> Double {
    let steps = networks.isNeeded.indices.filter { networks.isNeeded[$0] }
    var sum = 0.0
    for (number, start) in computed.enumerated() {
      let end = number + 1 < computed.count ? computed[number + 1] : Int.max
      sum += error(of: steps.filter { $0 > start && $0 < end }[...], from: start)
    }
    return sum
  }

  private func error(of steps: ArraySlice<Int>, from last: Int) -> Double {
    steps.reduce(0) { sum, step in
      guard step - last <= ValueMoments.reach else { return .infinity }
      return branches.reduce(sum) { sum, unit in
        let (difference, scale) = moments.change(unit: unit, step: step, from: last)
        return sum + (scale > 0 ? difference / scale : 0)
      }
    }
  }
}
