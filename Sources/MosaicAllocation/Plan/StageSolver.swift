internal import MosaicAnalysis
internal import MosaicKernels

/// Chooses moves of one stage: those that add least error for the multiply-accumulates they save,
/// as long as what was measured holds.
///
/// With d the plan's error at the final samples and δ a move's change of them, moves M give
/// `|d + Σ δ|² = |d|² + Σ (2 ⟨d, δ⟩ + |δ|²) + 2 Σ ⟨δ, δ'⟩`: errors that cancel are found, as long as
/// the sum of changes is the change of the sum. It is not for two moves of one unit at neighbouring
/// steps, so one stage makes only one of them.
struct StageSolver {
  let costs: any PlanCosts
  let rules: PlanRules
  let moves: [PlanMove]
  /// ⟨d, d⟩, ⟨d, δ⟩ and ⟨δ, δ'⟩, as means over elements.
  private let base: Double
  private let linear: [Double]
  private let products: [Float]

  private(set) var plan: StepPlan
  private(set) var cost: Double
  private(set) var chosen: [Int] = []
  /// Behind how many of the chosen moves there is a plan to stop at, with its cost and the error that
  /// the measurement predicts of it.
  private(set) var stops: [(count: Int, cost: Double, predicted: Double)] = []
  /// ⟨δ, Σ chosen⟩ by move.
  private var pull: [Double]
  /// The final error that the measurement predicts.
  private(set) var predicted: Double

  init(_ measured: MeasuredMoves, around plan: StepPlan, costs: any PlanCosts, rules: PlanRules) {
    self.costs = costs
    self.rules = rules
    self.plan = plan
    moves = measured.moves
    cost = costs.cost(plan)
    let size = Double(max(measured.error.count, 1))
    let all = measured.changes.flatMap { $0 }
    products = gramOfRows(all, rows: moves.count).map { $0 / Float(size) }
    base = measured.error.reduce(0) { $0 + Double($1) * Double($1) } / size
    linear = measured.changes.map { change in
      zip(change, measured.error).reduce(0) { $0 + Double($1.0) * Double($1.1) } / size
    }
    pull = Array(repeating: 0, count: moves.count)
    predicted = base
  }

  /// Takes moves until the cost is at or below `target`, then exchanges.
  ///
  /// - Returns: Whether any move could be taken.
  mutating func solve(target: Double) -> Bool {
    while cost > target + 1e-12, let next = cheapest() {
      take(next)
      stop()
    }
    exchange(target: target)
    return !chosen.isEmpty
  }

  private func product(_ a: Int, _ b: Int) -> Double { Double(products[a * moves.count + b]) }

  /// What a move adds to the error, given those chosen.
  private func added(_ move: Int) -> Double {
    2 * linear[move] + 2 * pull[move] + product(move, move)
  }

  private mutating func take(_ move: Int) {
    predicted += added(move)
    plan.take(moves[move])
    cost = costs.cost(plan)
    chosen.append(move)
    for other in moves.indices { pull[other] += product(move, other) }
  }

  private mutating func stop() { stops.append((chosen.count, cost, predicted)) }

  /// The move that adds least error for what it saves, or one that saves nothing and betters much.
  private func cheapest() -> Int? {
    var ratios: [(ratio: Double, move: Int)] = []
    for move in moves.indices where isApart(move) {
      let saved = saving(of: move)
      let added = added(move)
      if saved > 1e-12 {
        ratios.append((added / saved, move))
      } else if saved > -1e-12, added < -0.02 * base {
        ratios.append((-.infinity, move))
      }
    }
    return ratios.sorted { ($0.ratio, $0.move) < ($1.ratio, $1.move) }
      .first { isAllowed($0.move) }?.move
  }

  /// Gives back what costs much error for what it saves, and saves it elsewhere.
  private mutating func exchange(target: Double) {
    for _ in 0..<moves.count {
      let open = moves.indices.filter(isApart).map { (move: $0, saved: saving(of: $0)) }
      var pairs: [(change: Double, back: Int, forth: Int)] = []
      for back in open where back.saved < -1e-12 {
        let own = added(back.move)
        for forth in open where forth.saved > 1e-12 {
          guard cost - back.saved - forth.saved <= max(target, cost) + 1e-12,
            moves[back.move].isApart(from: moves[forth.move])
          else { continue }
          let change = own + added(forth.move) + 2 * product(back.move, forth.move)
          if change < -0.02 * predicted { pairs.append((change, back.move, forth.move)) }
        }
      }
      let best = pairs.sorted { ($0.change, $0.back, $0.forth) < ($1.change, $1.back, $1.forth) }
        .first { pair in
          rules.allows(plan.taking(moves[pair.back]).taking(moves[pair.forth]), costs)
        }
      guard let best else { return }
      take(best.back)
      take(best.forth)
      stop()
    }
  }

  private func saving(of move: Int) -> Double {
    switch moves[move] {
    case .reuse(let step, _, _):
      let changed = plan.taking(moves[move])
      let needed = Double(costs.neededSteps)
      return (costs.cost(plan, step: step) - costs.cost(changed, step: step)) / needed
    case .prune: return cost - costs.cost(plan.taking(moves[move]))
    }
  }

  /// Whether nothing chosen is near a move.
  private func isApart(_ move: Int) -> Bool {
    chosen.allSatisfy { moves[$0].isApart(from: moves[move]) }
  }

  private func isAllowed(_ move: Int) -> Bool {
    rules.allows(plan.taking(moves[move]), costs)
  }
}

/// What a plan must keep to.
public struct PlanRules: Sendable, Equatable {
  /// Steps in a row that may reuse one value.
  public var mostAge = 3
  /// Runs of steps with one network: variants of a bundle.
  public var mostRanges = 4

  public init() {}

  func allows(_ plan: StepPlan, _ costs: any PlanCosts) -> Bool {
    guard costs.gap(in: plan) == nil else { return false }
    var runs = 1
    for (a, b) in zip(plan.levels, plan.levels.dropFirst()) where a != b { runs += 1 }
    guard runs <= mostRanges else { return false }
    for unit in plan.reuse.units.indices {
      var age = 0
      for (row, isNeeded) in zip(plan.reuse.orders, costs.isNeeded) where isNeeded {
        age = row[unit] == nil ? 0 : age + 1
        if age > mostAge { return false }
      }
    }
    return true
  }
}
