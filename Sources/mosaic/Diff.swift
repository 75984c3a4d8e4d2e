import ArgumentParser
import MosaicAnalysis
import MosaicBundle
import MosaicCore
import MosaicRuntime

/// `mosaic diff a.mosaic b.mosaic`: exits 0 when alike, 1 when not, as `diff` does.
struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two models: structure, tensors, behaviour and cost.",
    discussion: """
      Without a choice of layers, compares the structure and the tensors of two bundles. For \
      --behaviour and --cost, A or B may also be a diffusers directory or an ONNX model: both are \
      sampled from the same noise and classes, with A's scheduler; a bundle follows its plan for \
      that run where it has one.
      """)

  @Argument(help: "The model taken as correct.", completion: .file(extensions: ["mosaic"]))
  var reference: String

  @Argument(help: "The model to compare with it.", completion: .file(extensions: ["mosaic"]))
  var candidate: String

  @Flag(help: "Compare graph, ranges, groups and kept units.")
  var structure = false

  @Flag(help: "Compare the stored tensors.")
  var tensors = false

  @Flag(help: "Sample both, and compare the states step by step and the final samples.")
  var behaviour = false

  @Flag(help: "Compare MACs, bytes and measured time a step.")
  var cost = false

  @Option(help: "Largest accepted max|a − b| / max|a|, per tensor, of samples and of a run's MACs.")
  var tolerance = 0.0

  @Option(help: "Samples to compare behaviour and to measure time on.")
  var samples = 16

  @Option(help: "Sampling steps; those of A, else of B, where it is a bundle, else 50.")
  var steps: Int?

  @Option(help: "Weight of classifier-free guidance; that of A or B as for --steps; 1 is none.")
  var guidance: Float?

  @Option(help: "Seed of noise and classes.")
  var seed: UInt64 = 0

  @Flag(help: "Follow no bundle's plan: variants go by noise level, nothing is reused.")
  var noPlan = false

  @OptionGroup var checkpoint: CheckpointOptions
  @OptionGroup(title: "Other networks") var network: NetworkArguments
  @OptionGroup var bundles: BundleOptions
  @OptionGroup var machine: MachineOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard tolerance >= 0 else { throw ValidationError("--tolerance must be 0 or more.") }
    guard (1...1_000_000).contains(samples) else {
      throw ValidationError("--samples must be 1 to 1000000.")
    }
    if let steps, steps < 1 { throw ValidationError("--steps must be 1 or more.") }
    if let guidance, !guidance.isFinite { throw ValidationError("--guidance must be a number.") }
  }

  func run() throws {
    Interrupt.watch()
    try exiting {
      var report = DiffReport(tolerance: tolerance)
      if !parts.isEmpty {
        report.content = try BundleComparison(
          try bundle(reference), try bundle(candidate), parts: parts, tolerance: tolerance)
      }
      if behaviour || cost { try sample(into: &report) }
      print(output.json ? report.json.text(indented: true) : report.text)
      if !report.isAlike { throw ExitCode(ExitStatus.answerIsNo.rawValue) }
    }
  }

  /// What of the files is compared.
  private var parts: Set<BundleComparison.Part> {
    let isDefault = !structure && !tensors && !behaviour && !cost
    var parts: Set<BundleComparison.Part> = []
    if structure || isDefault { parts.insert(.structure) }
    if tensors || isDefault { parts.insert(.tensors) }
    return parts
  }

  private func bundle(_ path: String) throws -> BundleReader {
    guard !directoryExists(path) else {
      throw UsageError(
        description: "\(printable(path, limit: 400)): is a directory, and structure and tensors "
          + "are compared of bundles; compare a checkpoint by --behaviour or --cost")
    }
    return try BundleReader(path: path, memoryLimit: bundles.memoryLimit)
  }

  /// The layers that need both models to run.
  private func sample(into report: inout DiffReport) throws {
    machine.warnOfSlowKernels()
    let a = try open(reference)
    let b = try open(candidate)
    try checkComparable(a, b)
    // The bundle that comes first says what it was made for.
    let model = [a, b].first { if case .bundle = $0 { true } else { false } } ?? a
    let weight = guidance ?? model.defaultGuidance
    let guided = weight == 1 ? nil : weight
    let config = try a.scheduler(checkpoint)
    let trajectory = try Trajectory(config: config, steps: steps ?? model.defaultSteps)
    func plan(_ model: OpenedModel) throws -> FollowedPlan? {
      noPlan
        ? nil : try model.plan(for: config, steps: trajectory.steps.count, guidance: guided)
    }
    let plans = (reference: try plan(a), candidate: try plan(b))
    let line = ProgressLine(stages: [("comparing", 1)], isQuiet: output.quiet)
    let run = try BehaviourComparison(
      a.denoiser(
        threads: machine.threadCount, guidance: guided, plan: plans.reference,
        conditioning: network.conditioningFile),
      b.denoiser(
        threads: machine.threadCount, guidance: guided, plan: plans.candidate,
        conditioning: network.conditioningFile),
      sampler: Sampler(trajectory: trajectory, seed: seed), samples: samples,
      tolerance: tolerance
    ) { step in
      try line.show(Progress(stage: "comparing", done: step.step + 1, total: step.steps))
    }
    line.clear()
    if behaviour { report.behaviour = run }
    if cost {
      report.cost = try CostComparison(
        a, b, plans: plans, run: run, trajectory: trajectory, forwards: guided == nil ? 1 : 2,
        tolerance: tolerance)
    }
  }

  /// What is said of ONNX models holds for those of the two that are ones.
  private func open(_ path: String) throws -> OpenedModel {
    try OpenedModel(
      path, checkpoint, isONNX(path) ? network : nil, memoryLimit: bundles.memoryLimit)
  }

  private func checkComparable(_ a: OpenedModel, _ b: OpenedModel) throws {
    let (first, second) = (a.description.sampleShape, b.description.sampleShape)
    guard first == second else {
      throw UsageError(
        description: "\(printable(candidate, limit: 400)): its samples are \(second) and those of "
          + "\(printable(reference, limit: 400)) \(first); such models cannot be sampled together")
    }
    if let other = try? b.scheduler(checkpoint), try a.scheduler(checkpoint) != other {
      printError("warning: the schedulers differ; both are sampled with the first's")
    }
  }
}
