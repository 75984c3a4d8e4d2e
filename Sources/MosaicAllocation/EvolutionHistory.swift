/// What has been measured.
struct EvolutionHistory {
  private(set) var evaluations: [EvolutionSearch.Evaluation] = []
  private var errors: [[Int]: Double] = [:]

  func error(of levels: [Int]) -> Double? { errors[levels] }

  /// Measures a candidate unless it was.
  ///
  /// - Returns: Whether its error is known: false where `limit` candidates have been measured.
  mutating func measure(
    _ levels: [Int], _ space: StageLevels, limit: Int, _ measure: ([Double]) throws -> Double
  ) throws -> Bool {
    guard errors[levels] == nil else { return true }
    guard evaluations.count < limit else { return false }
    let sparsities = space.sparsities(of: levels)
    let error = try measure(sparsities)
    guard !error.isNaN else {
      throw AllocationError.badMeasurement(
        what: "error of the schedule with sparsities \(sparsities)", problem: "it is no number")
    }
    errors[levels] = error
    evaluations.append(
      EvolutionSearch.Evaluation(
        levels: levels, sparsities: sparsities, error: error,
        best: min(error, evaluations.last?.best ?? error)))
    return true
  }

  /// The candidates of least error, the earlier of equals first.
  func best(_ count: Int, of pool: [[Int]]) -> [[Int]] {
    let order = pool.indices.sorted {
      (errors[pool[$0]] ?? .infinity, $0) < (errors[pool[$1]] ?? .infinity, $1)
    }
    return order.prefix(max(count, 1)).map { pool[$0] }
  }
}
