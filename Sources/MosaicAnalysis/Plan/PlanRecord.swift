internal import MosaicCore

/// A search for plans as statistics keep it: every budget it passed can be solved again without
/// measuring, and those below it from where it stopped.
public struct PlanRecord: Sendable {
  /// What the search was asked for: records of equal settings are the same search.
  public var settings: String
  public var state: PlanSearchState

  public init(settings: String, state: PlanSearchState) {
    self.settings = settings
    self.state = state
  }

  /// Whether the record is one of these networks: all that it names is there, every stage's plan can
  /// be run and costs what it says.
  public func fits(_ networks: PlanNetworks) -> Bool {
    let known = Set(state.estimates.added.keys).union(state.estimates.own.keys)
    guard known.allSatisfy(networks.has), state.trace.stages.allSatisfy({ !$0.moves.isEmpty })
    else { return false }
    var plan = networks.densePlan
    for stage in state.trace.stages {
      guard stage.moves.allSatisfy(networks.has) else { return false }
      for move in stage.moves { plan.take(move) }
      guard networks.gap(in: plan) == nil, abs(networks.cost(plan) - stage.cost) < 1e-9 else {
        return false
      }
    }
    return state.model?.fits(networks.units, steps: networks.isNeeded.count) ?? true
  }
}

extension PlanNetworks {
  /// Whether a move is of a step, a unit and a network that there are.
  func has(_ move: PlanMove) -> Bool {
    switch move {
    case .reuse(let step, let unit, let order):
      isNeeded.indices.contains(step) && units.units.indices.contains(unit)
        && (0...ValueForecast.mostOrder).contains(order ?? 0)
    case .prune(let bucket, let level):
      bucketRange.contains(bucket) && (0...sparsities.count).contains(level)
    }
  }
}
