import ArgumentParser
import MosaicAnalysis
import MosaicCore
import MosaicImport
import MosaicKernels
import MosaicLowering
import MosaicRuntime

/// `mosaic bench MODEL`: what a forward takes on this machine, and where it goes.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time a network's forwards: by operation, by variant and by step.",
    discussion: """
      Networks are timed in turn, so that a slow moment of the machine meets all alike; medians \
      are printed. Inputs are random: what they hold does not change the time.
      """)

  @Argument(help: "A diffusers directory, an ONNX model or a bundle.")
  var model: String

  @Option(help: "Samples of a forward; guidance makes two of each image.")
  var batch = 2

  @Option(help: "Forwards of each network that are counted.")
  var rounds = 9

  @Option(help: "Steps to list; a bundle's own by default, 50 for a checkpoint.")
  var steps: Int?

  @Option(
    help: "A checkpoint that is timed beside the bundle's variants, and compared with them.",
    completion: .directory)
  var dense: String?

  @OptionGroup var checkpoint: CheckpointOptions
  @OptionGroup(title: "Other networks") var network: NetworkArguments
  @OptionGroup var bundles: BundleOptions
  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var machine: MachineOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...4096).contains(batch) else { throw ValidationError("--batch must be 1 to 4096.") }
    guard (1...10_000).contains(rounds) else {
      throw ValidationError("--rounds must be 1 to 10000.")
    }
    if let steps, steps < 1 { throw ValidationError("--steps must be 1 or more.") }
  }

  func run() throws {
    Interrupt.watch()
    try exiting {
      machine.warnOfSlowKernels()
      let opened = try OpenedModel(model, checkpoint, network, memoryLimit: bundles.memoryLimit)
      let networks = try networks(of: opened, in: precision.resolved())
      let line = ProgressLine(stages: [("timing", 1)], isQuiet: output.quiet)
      for round in 0...rounds {
        for network in networks {
          network.benchmark.run()
          if round > 0 { network.benchmark.runTimed() }
          try line.show(Progress(stage: "timing", done: round, total: rounds))
        }
      }
      line.clear()
      let report = BenchReport(
        model: model, batch: batch, threads: machine.threadCount,
        networks: networks, steps: variantsOfSteps(opened))
      print(output.json ? report.json.text(indented: true) : report.text)
    }
  }

  private func networks(
    of opened: OpenedModel, in precision: Precision
  ) throws -> [BenchReport.Network] {
    var networks: [BenchReport.Network] = []
    func add(_ name: String, _ executor: Executor, variant: Int?) {
      networks.append(
        .init(
          name: name, variant: variant,
          benchmark: ForwardBenchmark(executor, batch: batch)))
    }
    switch opened {
    case .checkpoint(let imported):
      add("dense", try denseExecutor(of: imported, precision), variant: 0)
    case .bundle(let bundle):
      if let dense {
        guard case .checkpoint(let imported) = try OpenedModel(dense, checkpoint) else {
          throw UsageError(description: "--dense: '\(printable(dense))' is no checkpoint")
        }
        add("dense", try denseExecutor(of: imported, precision), variant: nil)
      }
      var denoiser = BundleDenoiser(
        bundle, threads: machine.threadCount, guidance: nil, residency: .all,
        precision: precision,
        conditioning: try bundle.conditioning(from: network.conditioningFile))
      for number in bundle.manifest.variants.indices {
        add(
          "variant \(number)", try denoiser.predictor(ofVariant: number).executor,
          variant: number)
      }
    }
    return networks
  }

  private func denseExecutor(
    of model: ImportedModel, _ precision: Precision
  ) throws -> Executor {
    try DenseNetwork(model.graph, weights: model.weights).executor(
      threads: machine.threadCount, precision: precision)
  }

  /// The variant of each step whose forward is needed; nothing where no scheduler is known.
  private func variantsOfSteps(_ opened: OpenedModel) -> [BenchReport.Step] {
    guard let scheduler = try? opened.scheduler(checkpoint),
      let trajectory = try? Trajectory(config: scheduler, steps: steps ?? opened.defaultSteps)
    else { return [] }
    return trajectory.steps.enumerated().compactMap { index, step in
      guard step.needsForward else { return nil }
      guard case .bundle(let bundle) = opened else {
        return .init(number: index, timestep: step.timestep, variant: 0)
      }
      let variant = bundle.manifest.variants.lastIndex { $0.logSNRLower <= step.logSNR } ?? 0
      return .init(number: index, timestep: step.timestep, variant: variant)
    }
  }
}
