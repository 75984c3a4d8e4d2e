internal import MosaicIR
public import MosaicLowering
public import MosaicRuntime
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
    let units = try Self.units(of: subject)
    self.units = units
    buckets = subject.buckets
    bucketOfStep = Self.numbers(of: subject.buckets)
    let dense = try subject.predictor(reusing: units)
    predictors = try networks.map { levels in
      [dense] + (try levels.map { try subject.predictor(of: $0, reusing: units) })
    }
    graphs = networks.map { [graph] + $0.map(\.graph) }
    denseMacs = graph.macs
  }

  /// The networks of step ranges, one each: what is left to choose is what they reuse.
  ///
  /// - Parameters:
  ///   - ranges: Contiguous, covering all steps.
  ///   - weights: What the networks' dense weights are.
  public init(
    _ subject: CalibrationSubject, ranges: [Range<Int>], networks: [PrunedNetwork],
    from weights: DenseNetwork
  ) throws {
    let units = try Self.units(of: subject)
    self.subject = subject
    self.units = units
    sparsities = []
    buckets = ranges
    bucketOfStep = Self.numbers(of: ranges)
    predictors = try networks.map {
      [try subject.predictor(of: $0, from: weights, reusing: units)]
    }
    graphs = networks.map { [$0.graph] }
    denseMacs = subject.dense.graph.macs
  }

  private static func units(of subject: CalibrationSubject) throws -> ReuseUnits {
    let graph = subject.dense.graph
    guard let state = graph.inputs.first(where: { graph[$0].name == subject.model.sampleInput })
    else { throw AnalysisError.noGroups }
    return ReuseUnits(of: graph, state: state)
  }

  /// By step, the number of the range it lies in.
  private static func numbers(of ranges: [Range<Int>]) -> [Int] {
    ranges.enumerated().flatMap { number, steps in steps.map { _ in number } }
  }

  public func predictor(_ plan: StepPlan, step: Int) -> Predictor {
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
