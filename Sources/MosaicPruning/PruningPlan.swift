public import MosaicAllocation
internal import MosaicAnalysis
public import MosaicSurgery

/// How many units of every group go in every step range.
public struct PruningPlan: Sendable, Equatable, CustomStringConvertible {
  public struct StepRange: Sendable, Equatable {
    public var steps: Range<Int>
    /// Share of the groups' multiply-accumulates that goes.
    public var sparsity: Double
    /// Units to remove, one count a group.
    public var removed: [Int]
  }

  public var ranges: [StepRange]

  /// Rounds a schedule to whole units; each range saves at least what the schedule asks of it.
  public init(_ schedule: SparsitySchedule, groups: [PruningGroup]) {
    ranges = schedule.ranges.map { range in
      StepRange(
        steps: range.steps, sparsity: range.sparsity,
        removed: uniformRemovals(of: groups, sparsity: range.sparsity))
    }
  }

  public var description: String {
    ranges.map { range in
      "steps \(range.steps.lowerBound)..<\(range.steps.upperBound): "
        + "\(range.removed.reduce(0, +)) units go"
    }.joined(separator: "\n")
  }
}
