/// What is known of moves from stages before: which of them are worth measuring again.
public struct MoveEstimates: Sendable, Equatable {
  /// The error that a move added when it was last measured.
  var added: [PlanMove: Double] = [:]
  /// The error of a move's own step, where that is all that is known.
  var own: [PlanMove: Double] = [:]
  /// By step, how much of an own error arrives at the final sample.
  var gains: [Int: Gain] = [:]

  struct Gain: Sendable, Equatable {
    var sum = 0.0
    var count = 0
    var mean: Double { sum / Double(max(count, 1)) }
  }

  public init() {}

  public mutating func add(own errors: [Double], of moves: [PlanMove]) {
    for (move, error) in zip(moves, errors) where move.step != nil { own[move] = error }
  }

  public mutating func add(_ measured: MeasuredMoves) {
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
        gains[step, default: Gain()].sum += square / size / own
        gains[step, default: Gain()].count += 1
      }
    }
  }

  /// The moves that are likely to be made, in the order they were given.
  ///
  /// Moves of pruning are few and always among them. Of the others most save work, the rest gives
  /// back what costs much error for what it saves.
  public func promising(
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
    let ranked = saving.sorted { ($0.rate, $0.index) < ($1.rate, $1.index) }.map(\.index)
    let saved = spread(ranked, of: moves, most: max(0, most - given.count))
    return (kept + given.map(\.index) + saved).sorted().map { moves[$0] }
  }

  /// The first of ranked moves, those that one stage can make together before others: of what lies
  /// near each other it makes one.
  private func spread(_ ranked: [Int], of moves: [PlanMove], most: Int) -> [Int] {
    var picked: [Int] = []
    var near: Set<Int> = []
    for index in ranked {
      if picked.count == most { return picked }
      if picked.contains(where: { !moves[$0].isApart(from: moves[index]) }) {
        near.insert(index)
      } else {
        picked.append(index)
      }
    }
    return picked + ranked.filter(near.contains).prefix(most - picked.count)
  }

  private func estimate(_ move: PlanMove, _ step: Int) -> Double {
    if let known = added[move] { return known }
    guard let own = own[move] else { return .infinity }
    return own * (gains[step]?.mean ?? meanGain)
  }

  /// Of all steps that are known; 1 where none is, which keeps the order of own errors.
  private var meanGain: Double {
    let all = gains.keys.sorted().compactMap { gains[$0]?.mean }
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
