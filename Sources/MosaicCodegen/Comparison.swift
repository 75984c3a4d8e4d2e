public import MosaicAllocation
public import MosaicAnalysis
internal import MosaicCore
internal import MosaicLowering
internal import MosaicPruning
internal import MosaicRuntime
public import MosaicSurgery

/// What is compared with what.
public struct ComparisonOptions: Sendable {
  /// Shares of the dense run's multiply-accumulates.
  public var budgets: [Double] = [0.875, 0.75, 0.625, 0.5]
  public var schedules: [SparsitySchedule.Kind] = [.solved, .uniform, .paper, .evolution]
  /// Criteria beside that of the calibration; each under uniform pruning.
  public var criteria: [Criterion] = [.magnitude, .random]
  public var ranges = RangeCount.exactly(4)
  /// Fresh samples on which all are measured.
  public var samples = 128
  /// Candidates that evolution may measure.
  public var evaluations = 200
  /// What plans may use; with more than pruning they and feature caching are rows too.
  public var levers = Levers.plain
  public var probe = PlanSearch.Effort.quick

  public init() {}
}

/// Schedules side by side, measured on the same fresh samples at the same multiply-accumulates, with
/// the baseline that costs nothing beside them: the dense network in fewer steps.
public struct Comparison: Sendable {
  public struct Row: Sendable {
    /// "solved", "uniform, magnitude", "fewer steps".
    public var name: String
    /// What was asked for; nil for a whole number of steps.
    public var budget: Double?
    /// Multiply-accumulates as a share of the dense run's.
    public var macShare: Double
    public var error: PairedError
    /// The final error on held-out samples, for schedules.
    public var predicted: Double?
    /// By the closed form, before anything was pruned.
    public var closedForm: Double?
    /// Ranges with a variant of their own, or steps.
    public var ranges: Int
    /// To find the schedule, measurements of the calibration not counted.
    public var seconds: Double
    /// What a sample's run took here.
    public var milliseconds: Double
    /// What the scoring command printed for the samples.
    public var score: String?
  }

  public let rows: [Row]
  /// The dense run's score.
  public let denseScore: String?
  /// What a sample's dense run took here.
  public let denseMilliseconds: Double
  public let samples: Int
  public let denseMacs: Double
}

/// The final samples of one row, for a scoring command.
public struct ComparedSamples: Sendable {
  /// [samples · state].
  public let images: [Float]
  /// [samples].
  public let labels: [Int32]
  /// Channels, height and width.
  public let shape: [Int]
}

extension Calibration {
  /// Measures every schedule at every budget.
  ///
  /// - Parameter score: Returns what is to be said of a row's samples; nil where nothing is.
  public func compare(
    _ options: ComparisonOptions, progress: ProgressHandler,
    score: (ComparedSamples) throws -> String?
  ) throws -> Comparison {
    let judge = Judge(self, samples: options.samples)
    let heldOut = HeldOutSamples(subject)
    let (dense, denseTime) = try judge.run(progress: progress) { _ in subject.predictor }
    func scored(_ images: [Float]) throws -> String? {
      try score(
        ComparedSamples(
          images: images, labels: judge.labels, shape: subject.model.sampleShape))
    }
    var rows: [Comparison.Row] = []
    for budget in options.budgets {
      for plan in try plans(at: budget, options, progress) {
        let variants = try prune(
          plan.schedule, criterion: plan.criterion, spreading: plan.spreading,
          shipped: subject.dense, progress: progress)
        let prediction = try heldOut.measure(progress: progress) { step in
          variants.predictor(step: step)
        }
        let (images, time) = try judge.run(progress: progress) { step in
          variants.predictor(step: step) ?? subject.predictor
        }
        rows.append(
          Comparison.Row(
            name: plan.name, budget: budget,
            macShare: subject.macs(of: variants) / subject.denseMacs,
            error: PairedError(images, dense, sampleSize: subject.predictor.stateSize),
            predicted: prediction.final.mean,
            closedForm: plan.hasClosedForm ? plan.schedule.predictedError : nil,
            ranges: variants.count, seconds: plan.seconds, milliseconds: time,
            score: try scored(images)))
      }
    }
    if options.levers != .plain {
      rows += try planRows(
        options, judge, dense, heldOut, progress: progress, scored: scored)
    }
    rows += try fewerSteps(options, judge, dense, progress: progress, scored: scored)
    return Comparison(
      rows: rows, denseScore: try scored(dense), denseMilliseconds: denseTime,
      samples: options.samples, denseMacs: subject.denseMacs)
  }

  private struct Plan {
    var name: String
    var schedule: SparsitySchedule
    /// Nil for the calibration's own.
    var criterion: Criterion?
    var spreading: PruningPlan.Spreading
    var seconds: Double

    /// The curves are those of networks that are spread over groups by loss.
    var hasClosedForm: Bool { criterion == nil && spreading == .loss }
  }

  private func plans(
    at budget: Double, _ options: ComparisonOptions, _ progress: ProgressHandler
  ) throws -> [Plan] {
    var allocation = AllocationOptions()
    allocation.budget = .macs(budget)
    allocation.ranges = options.ranges
    let request = try request(
      allocation, costs: try subject.costs(latency: nil, storedAs: nil))
    var plans: [Plan] = []
    func add(
      _ name: String, _ criterion: Criterion? = nil, spreading: PruningPlan.Spreading? = nil,
      _ make: () throws -> SparsitySchedule
    ) rethrows {
      let clock = ContinuousClock.now
      let schedule = try make()
      let spent = ContinuousClock.now - clock
      plans.append(
        Plan(
          name: name, schedule: schedule, criterion: criterion,
          spreading: spreading ?? PruningPlan.Spreading(of: schedule.kind),
          seconds: spent / .seconds(1)))
    }
    for kind in options.schedules {
      switch kind {
      case .paper:
        for (name, schedule) in zip(["paper", "paper 600/200"], try paperSchedules(request)) {
          add(name) { schedule }
          add("\(name), spread", spreading: .loss) { schedule }
        }
      case .evolution:
        try add(kind.rawValue) {
          try evolve(request, evaluations: options.evaluations, progress: progress)
        }
      case .solved, .uniform, .file:
        allocation.schedule = kind
        try add(kind.rawValue) {
          try makeSchedule(allocation, request, progress: progress)
        }
      }
    }
    for criterion in options.criteria where criterion != self.criterion {
      allocation.schedule = .uniform
      try add("uniform, \(criterion.rawValue)", criterion) {
        try makeSchedule(allocation, request, progress: progress)
      }
    }
    return plans
  }

  /// The dense network in fewer steps: the whole numbers of them on either side of each budget, and
  /// their errors at the budgets between.
  private func fewerSteps(
    _ options: ComparisonOptions, _ judge: Judge, _ dense: [Float], progress: ProgressHandler,
    scored: ([Float]) throws -> String?
  ) throws -> [Comparison.Row] {
    guard let scheduler = imported.scheduler else { return [] }
    let steps = subject.trajectory.steps
    let needed = Double(steps.count { $0.needsForward })
    let runs = try stride(from: steps.count, through: 1, by: -1).map { count in
      let trajectory = try Trajectory(config: scheduler, steps: count, eta: subject.options.eta)
      return (trajectory, Double(trajectory.steps.count { $0.needsForward }) / needed)
    }
    var whole: [(share: Double, row: Comparison.Row)] = []
    for (index, (trajectory, share)) in runs.enumerated() where share > 0 {
      let neighbours = [index - 1, index + 1].filter(runs.indices.contains).map { runs[$0].1 }
      // Beside a budget: on it, or the next run is on its other side.
      guard
        options.budgets.contains(where: { budget in
          share == budget || neighbours.contains { ($0 - budget) * (share - budget) < 0 }
        })
      else { continue }
      let (images, time) = try judge.run(trajectory, progress: progress) { _ in
        subject.predictor
      }
      let error = PairedError(images, dense, sampleSize: subject.predictor.stateSize)
      let count = trajectory.steps.count
      whole.append(
        (
          share,
          Comparison.Row(
            name: "\(count) steps", budget: nil, macShare: share, error: error, predicted: nil,
            closedForm: nil, ranges: count, seconds: 0, milliseconds: time,
            score: try scored(images))
        ))
    }
    let interpolated = options.budgets.compactMap { budget -> Comparison.Row? in
      guard let above = whole.last(where: { $0.share >= budget }),
        let below = whole.first(where: { $0.share <= budget })
      else { return nil }
      let span = above.share - below.share
      let place = span > 0 ? (above.share - budget) / span : 0
      func mix(_ value: (Comparison.Row) -> Double) -> Double {
        (1 - place) * value(above.row) + place * value(below.row)
      }
      var error = above.row.error
      error.mean = mix(\.error.mean)
      error.standardError = mix(\.error.standardError)
      error.median = mix(\.error.median)
      return Comparison.Row(
        name: "fewer steps", budget: budget, macShare: budget, error: error, predicted: nil,
        closedForm: nil, ranges: 1, seconds: 0, milliseconds: mix(\.milliseconds), score: nil)
    }
    return interpolated + whole.map(\.row)
  }
}

/// Fresh samples, and what networks make of them.
struct Judge {
  private let subject: CalibrationSubject
  private let noise: [Float]
  let labels: [Int32]

  init(_ calibration: Calibration, samples: Int) {
    subject = calibration.subject
    noise = subject.noise(from: SampleStart.proof, samples: samples)
    labels = subject.labels(from: SampleStart.proof, samples: samples)
  }

  /// - Returns: The final samples, and milliseconds a sample.
  func run(
    _ trajectory: Trajectory? = nil, reuse: RunReuse? = nil, progress: ProgressHandler,
    predictor: (Int) -> Predictor
  ) throws -> ([Float], Double) {
    var sampler = subject.sampler
    if let trajectory { sampler.trajectory = trajectory }
    var seconds = 0.0
    let images = try sampler.sample(
      noise: noise, labels: labels, firstItem: SampleStart.proof, reuse: reuse,
      predictor: { (predictor($0), 0) },
      progress: { report in
        seconds += report.seconds
        try progress(
          Progress(stage: "comparison", done: report.step + 1, total: report.steps))
      })
    return (images, 1000 * seconds / Double(max(labels.count, 1)))
  }
}
