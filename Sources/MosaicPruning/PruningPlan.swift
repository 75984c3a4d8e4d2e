public import MosaicAllocation
public import MosaicAnalysis
public import MosaicLowering
public import MosaicSurgery

/// What is to be pruned in every step range, and how a range's sparsity is spread over groups.
public struct PruningPlan: Sendable, Equatable {
  /// How a range's sparsity becomes units of groups.
  public enum Spreading: String, Sendable, CaseIterable {
    /// From each group the same share.
    case uniform
    /// By the groups' loss curves times their gain at the output.
    case loss

    /// How a schedule's own method spreads: MosaicDiff and Diff-ES take one share from all groups.
    public init(of kind: SparsitySchedule.Kind) {
      switch kind {
      case .uniform, .paper, .evolution: self = .uniform
      case .solved, .file: self = .loss
      }
    }
  }

  public var ranges: [StepRange]
  public var spreading: Spreading
  public var criterion: Criterion

  public init(_ schedule: SparsitySchedule, spreading: Spreading, criterion: Criterion) {
    ranges = schedule.ranges
    self.spreading = spreading
    self.criterion = criterion
  }

  /// Prunes the dense network once a range, refitted for it.
  ///
  /// - Parameter shipped: See `VariantMaker`.
  public func carryOut(
    on subject: CalibrationSubject, statistics: CalibrationStatistics,
    sensitivity: SensitivityReport, shipped: DenseNetwork? = nil, stage: String = "pruning",
    progress: ProgressHandler
  ) throws -> [RangeVariant] {
    var variants: [RangeVariant] = []
    for (number, range) in ranges.enumerated() {
      // One at a time: what the maker would keep is not asked for again.
      var maker = VariantMaker(
        subject, statistics: statistics, sensitivity: sensitivity, spreading: spreading,
        criterion: criterion, shipped: shipped)
      variants.append(try maker.variant(steps: range.steps, sparsity: range.sparsity))
      try progress(Progress(stage: stage, done: number + 1, total: ranges.count))
    }
    return variants
  }
}
