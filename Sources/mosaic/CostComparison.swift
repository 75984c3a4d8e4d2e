import MosaicCore
import MosaicIR
import MosaicRuntime

/// What sampling two models costs.
struct CostComparison {
  struct Cost {
    /// MACs of a forward of each network, in its number's order.
    var macsPerForward: [Int]
    /// Of one sample's run, needed forwards only, guidance included.
    var macsPerRun: Int
    var fileBytes: Int
    /// Of one step of all samples, median.
    var stepSeconds: Double
  }

  let reference: Cost
  let candidate: Cost
  let samples: Int
  let tolerance: Double

  /// - Parameters:
  ///   - plans: What each followed.
  ///   - run: A run of both, which says which network made which step, and how fast.
  init(
    _ reference: OpenedModel, _ candidate: OpenedModel,
    plans: (reference: FollowedPlan?, candidate: FollowedPlan?), run: BehaviourComparison,
    trajectory: Trajectory, forwards: Int, tolerance: Double
  ) throws {
    func cost(
      _ model: OpenedModel, _ plan: FollowedPlan?,
      _ side: KeyPath<BehaviourComparison.Pair<Int>, Int>,
      _ seconds: KeyPath<BehaviourComparison.Pair<Double>, Double>
    ) throws -> Cost {
      let macs = model.macsPerForward
      let perRun = zip(run.steps, trajectory.steps).reduce(0) { sum, pair in
        let forward = macs[pair.0.variants[keyPath: side]].multipliedClamped(by: forwards)
        return sum.addingClamped(pair.1.needsForward ? forward : 0)
      }
      let sorted = run.steps.map { $0.seconds[keyPath: seconds] }.sorted()
      return Cost(
        macsPerForward: macs,
        macsPerRun: plan.flatMap { model.macs(following: $0, forwards: forwards) } ?? perRun,
        fileBytes: try model.fileBytes,
        stepSeconds: sorted[sorted.count / 2])
    }
    self.reference = try cost(
      reference, plans.reference, \.reference, \.reference)
    self.candidate = try cost(
      candidate, plans.candidate, \.candidate, \.candidate)
    samples = run.samples
    self.tolerance = tolerance
  }

  /// By the MACs of a run: bytes depend on compression, and time on the machine.
  var isAlike: Bool {
    let gap = abs(Double(reference.macsPerRun) - Double(candidate.macsPerRun))
    return gap <= tolerance * Double(reference.macsPerRun)
  }

  var text: String {
    var table = TextTable(
      header: ["cost", "MACs/forward", "MACs/run", "bytes", "ms/step of \(samples) samples"])
    for (name, cost) in [("first", reference), ("second", candidate)] {
      table.add([
        name, cost.forwardText, countText(Double(cost.macsPerRun)), byteText(cost.fileBytes),
        significant(1000 * cost.stepSeconds),
      ])
    }
    table.add([
      "ratio", "", fixed(Double(candidate.macsPerRun) / Double(max(reference.macsPerRun, 1)), 3),
      fixed(Double(candidate.fileBytes) / Double(max(reference.fileBytes, 1)), 3),
      fixed(candidate.stepSeconds / reference.stepSeconds, 3),
    ])
    return table.text
  }

  /// The keys are documented in `docs/command-line.md`.
  var json: JSONValue {
    [
      "alike": JSONValue(isAlike), "samples": JSONValue(samples),
      "first": reference.json, "second": candidate.json,
    ]
  }
}

extension CostComparison.Cost {
  /// One number, or the least and the largest.
  fileprivate var forwardText: String {
    let (least, most) = (macsPerForward.min() ?? 0, macsPerForward.max() ?? 0)
    let text = countText(Double(most))
    return least == most ? text : "\(countText(Double(least))) .. \(text)"
  }

  fileprivate var json: JSONValue {
    [
      "macs_per_forward": JSONValue(macsPerForward.map { JSONValue($0) }),
      "macs_per_run": JSONValue(macsPerRun), "file_bytes": JSONValue(fileBytes),
      "median_step_seconds": JSONValue(stepSeconds),
    ]
  }
}

extension OpenedModel {
  /// One for each network that may serve a step.
  fileprivate var macsPerForward: [Int] {
    switch self {
    case .checkpoint(let model): [model.graph.macs]
    case .bundle(let bundle): bundle.manifest.variants.map(\.macsPerSample)
    }
  }

  /// Of one sample's run by a plan, without what it reuses; nil where the bundle does not tell.
  fileprivate func macs(following plan: FollowedPlan, forwards: Int) -> Int? {
    guard case .bundle(let bundle) = self, let proof = bundle.manifest.proof else { return nil }
    let planned = plan.plan.guidance == nil ? 1 : 2
    let macs = plan.plan.macShare * Double(proof.denseMACs) * Double(forwards) / Double(planned)
    return Int(exactly: macs.rounded())
  }

  /// Of the bundle, or of the checkpoint's weights.
  fileprivate var fileBytes: Int {
    get throws {
      switch self {
      case .checkpoint(let model):
        try model.weights.inputFiles.reduce(0) { try $0 + MappedFile(path: $1).bytes.count }
      case .bundle(let bundle): bundle.fileSize
      }
    }
  }
}
