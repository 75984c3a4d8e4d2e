internal import MosaicAnalysis

/// What is known of moves from stages before: which of them are worth measuring again.
struct MoveEstimates {
  /// The error that a move added when it was last measured.
  private var added: [PlanMove: Double] = [:]
  /// The error of a move's own step, where that is all that is known.
  private var own: [PlanMove: Double] = [:]
  /// By step, how much of an own error arrives at the final sample.
  private var gains: [Int: (sum: Double, count: Int)] = [:]

  mutating func add(own errors: [Double], of moves: [PlanMove]) {
    for (move, error) in zip(moves, errors) where move.step != nil { own[move] = error }
  }

  mutating func add(_ measured: MeasuredMoves) {
    let size = Double(max(measured.error.count, 1))
    for (move, change) in zip(measured.moves, measured.changes) {
      var square = 0.0
      var linear = 0.0
      for (a, b) in zip(change, measured.error) {
        square += Double(a) * Double(a)
        linear += Double(a) * Double(b)
      }
      added[move] = (square + 2 * linear) / size
      if let step = move.step, let own = own[move], own > 0, square > 0 {
        let (sum, count) = gains[step] ?? (0, 0)
        gains[step] = (sum + square / size / own, count + 1)
      }
    }
  }

  /// The moves that are likely to be made, in the order they were given.
  ///
  /// Moves of pruning are few and always among them. Of the others most save work, the rest gives
  /// back what costs much error for what it saves.
  func promising(
    _ moves: [PlanMove], around plan: StepPlan, costs: any PlanCosts, most: Int
  ) -> [PlanMove] {
    var saving: [(rate: Double, index: Int)] = []
    var giving: [(rate: Double, index: Int)] = []
    var kept: [Int] = []
    for (index, move) in moves.enumerated() {
      guard case .reuse(let step, _, let order) = move else {
        kept.append(index)
        continue
      }
      let change = costs.cost(plan, step: step) - costs.cost(plan.taking(move), step: step)
      if change > 1e-12 {
        saving.append((estimate(move, step) / change, index))
      } else if let undone = undone(move, in: plan) {
        // An order that was better when both were measured, or what a stage made for much error.
        let better = order == nil ? undone : undone - (added[move] ?? .infinity)
        giving.append((-better / max(-change, 1e-3), index))
      }
    }
    let given = giving.sorted { ($0.rate, $0.index) < ($1.rate, $1.index) }.prefix(most / 5)
    let saved = saving.sorted { ($0.rate, $0.index) < ($1.rate, $1.index) }
      .prefix(max(0, most - given.count))
    return (kept + given.map(\.index) + saved.map(\.index)).sorted().map { moves[$0] }
  }

  private func estimate(_ move: PlanMove, _ step: Int) -> Double {
    if let known = added[move] { return known }
    guard let own = own[move] else { return .infinity }
    let gain = gains[step].map { $0.sum / Double($0.count) }
    return own * (gain ?? meanGain)
  }

  /// Of all steps that are known; 1 where none is, which keeps the order of own errors.
  private var meanGain: Double {
    let all = gains.values.map { $0.sum / Double($0.count) }
    return all.isEmpty ? 1 : all.reduce(0, +) / Double(all.count)
  }

  /// What the move that this one takes back had added when it was measured.
  private func undone(_ move: PlanMove, in plan: StepPlan) -> Double? {
    guard case .reuse(let step, let unit, _) = move, let order = plan.reuse.orders[step][unit]
    else { return nil }
    return added[.reuse(step: step, unit: unit, order: order)]
  }
}

extension PlanMove {
  /// Of a move of reuse.
  var step: Int? {
    if case .reuse(let step, _, _) = self { return step }
    return nil
  }
}
