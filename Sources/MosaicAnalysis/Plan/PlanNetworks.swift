internal import MosaicIR
internal import MosaicLowering
internal import MosaicRuntime
public import MosaicSurgery
internal import Synchronization

/// The networks a plan is made of: by bucket of steps the dense one and those of each level, with
/// their reusable units and what each step costs.
public struct PlanNetworks: PlanCosts {
  public let subject: CalibrationSubject
  public let units: ReuseUnits
  /// Sparsities, rising; level n of a plan is `sparsities[n - 1]`, level 0 is dense.
  public let sparsities: [Double]
  let buckets: [Range<Int>]

  public var bucketRange: Range<Int> { buckets.indices }

  private let bucketOfStep: [Int]
  /// [bucket][level].
  private let predictors: [[Predictor]]
  private let graphs: [[Graph]]
  private let denseMacs: Int
  private let costs = CostCache()

  /// - Parameter networks: By bucket, one for each sparsity.
  public init(
    _ subject: CalibrationSubject, sparsities: [Double], networks: [[PrunedNetwork]]
  ) throws {
    self.subject = subject
    self.sparsities = sparsities
    let graph = subject.dense.graph
    guard let state = graph.inputs.first(where: { graph[$0].name == subject.model.sampleInput })
    else { throw AnalysisError.noGroups }
    let units = ReuseUnits(of: graph, state: state)
    self.units = units
    buckets = subject.buckets
    bucketOfStep = subject.buckets.enumerated().flatMap { number, steps in
      steps.map { _ in number }
    }
    let dense = try subject.predictor(reusing: units)
    predictors = try networks.map { levels in
      [dense] + (try levels.map { try subject.predictor(of: $0, reusing: units) })
    }
    graphs = networks.map { [graph] + $0.map(\.graph) }
    denseMacs = graph.macs
  }

  func predictor(_ plan: StepPlan, step: Int) -> Predictor {
    let bucket = bucketOfStep[step]
    return predictors[bucket][plan.levels[bucket]]
  }

  public var isNeeded: [Bool] { subject.trajectory.steps.map(\.needsForward) }

  public var within: [[Int]] { units.within }

  public func needed(_ plan: StepPlan, step: Int) -> Double {
    let bucket = bucketOfStep[step]
    let orders = plan.reuse.orders[step]
    let key = CostCache.Key(
      bucket: bucket, level: plan.levels[bucket], isReused: orders.map { $0 != nil })
    return costs.value(key) {
      Double(units.macs(of: graphs[bucket][key.level], orders: orders)) / Double(denseMacs)
    }
  }
}

/// Costs of steps that were asked for before: solvers ask for the same ones often.
private final class CostCache: Sendable {
  struct Key: Hashable {
    var bucket: Int
    var level: Int
    var isReused: [Bool]
  }

  private let known = Mutex<[Key: Double]>([:])

  func value(_ key: Key, _ compute: () -> Double) -> Double {
    if let value = known.withLock({ $0[key] }) { return value }
    let value = compute()
    known.withLock { $0[key] = value }
    return value
  }
}
