import ArgumentParser
import MosaicAllocation
import MosaicAnalysis
import MosaicBundle
import MosaicCodegen
import MosaicCore
import MosaicImport
import MosaicSurgery

/// `mosaic convert CHECKPOINT -o OUT.mosaic`: the whole pipeline.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compile a checkpoint into a mosaic bundle.",
    discussion: """
      Draws calibration samples from the network itself, measures what pruning costs at every \
      step, solves the schedule for the budget, prunes with second-order refit, and closes with a \
      proof on fresh samples: parity, predicted and measured error, cost and time, against \
      uniform pruning at the same cost. Exit 1: written, but not as promised.
      """)

  @Argument(help: "A diffusers directory.", completion: .directory)
  var checkpoint: String

  @Option(name: .shortAndLong, help: "The bundle to write.")
  var output: String

  @Option(help: "Share of the dense run's MACs that may remain, over 0 up to 1.")
  var budget = 0.75

  @Option(help: "Step ranges, each with a variant of its own.")
  var ranges = 4

  @Option(help: "How sparsity is spread over steps.")
  var schedule = SparsitySchedule.Kind.solved

  @Option(help: "What decides which units go; only obs refits what stays.")
  var criterion = Criterion.obs

  @Option(help: "How the influence of a step on the final sample is known.")
  var influence = CalibrationOptions.Influence.measured

  @Option(help: "Sampling steps to calibrate for.")
  var steps = 20

  @Option(help: "Weight of classifier-free guidance to calibrate for; 1 is none.")
  var guidance: Float = 1

  @Option(help: "Seed of all calibration and proof samples.")
  var seed: UInt64 = 0

  @Option(
    help: "Samples that the refit sees; others measure errors (a quarter) and predict (half).")
  var samples = 256

  @Option(help: "Fresh samples of the closing proof.")
  var proofSamples = 128

  @Option(
    help:
      "Tensors recorded in the original framework, as for check; compared before anything else.",
    completion: .file(extensions: ["safetensors"]))
  var reference: String?

  @Option(help: "Memory for statistics; half of the machine's by default.")
  var maxMemory: ByteCount?

  @Option(help: "Compression of the bundle: none, or a zstd level from 1 to 19.")
  var compress = "1"

  @Option(help: "Type of all stored tensors; source keeps each in its own.")
  var dtype = StoredType.source

  @Flag(help: "Say what would be done, and what it takes; write nothing.")
  var dryRun = false

  @Flag(help: "Refuse to replace an existing output.")
  var noClobber = false

  @OptionGroup var checkpointOptions: CheckpointOptions
  @OptionGroup var machine: MachineOptions
  @OptionGroup var print: OutputOptions

  func validate() throws {
    guard budget > 0, budget <= 1 else {
      throw ValidationError("--budget must be over 0 and at most 1, found \(budget).")
    }
    let counts = [
      ("--ranges", ranges), ("--steps", steps), ("--samples", samples),
      ("--proof-samples", proofSamples),
    ]
    for (name, value) in counts where value < 1 {
      throw ValidationError("\(name) must be 1 or more, found \(value).")
    }
    guard guidance.isFinite else { throw ValidationError("--guidance must be a number.") }
    guard compression != nil else {
      throw ValidationError("--compress must be none or 1 to 19, found \(compress).")
    }
  }

  func run() throws {
    Interrupt.watch()
    try exiting {
      machine.warnOfSlowKernels()
      let imported = try open()
      let options = options
      if dryRun {
        return Swift.print(try Conversion(imported, options: options) { _ in }.outlook().text)
      }
      let line = ProgressLine(stages: options.stages, isQuiet: print.quiet)
      let conversion = Conversion(imported, options: options, progress: line.show)
      let report = try conversion.run(to: output)
      line.clear()
      for warning in report.warnings { printError("warning: \(warning)") }
      Swift.print(print.json ? report.json.text(indented: true) : report.text)
      if let failure = report.failure {
        printError("\(printable(output, limit: 400)): written, but \(failure)")
        throw ExitCode(ExitStatus.answerIsNo.rawValue)
      }
    }
  }

  /// Everything that can be refused before minutes of work.
  private func open() throws -> ImportedModel {
    try refuseForeignFile(checkpoint)
    guard !fileExists(checkpoint) || directoryExists(checkpoint) else {
      throw UsageError(
        description: "\(printable(checkpoint, limit: 400)): convert takes a diffusers directory; "
          + "bundles are inspected, run and compared")
    }
    var imported = try CheckpointImporter(
      path: checkpoint, variant: checkpointOptions.weights,
      schedulerPath: checkpointOptions.scheduler,
      sampler: checkpointOptions.sampler
    ).load()
    imported.scheduler = try imported.scheduler.map { try checkpointOptions.adjusted($0) }
    for warning in imported.warnings { printError("warning: \(warning)") }
    let others = [checkpointOptions.scheduler, reference].compactMap { $0 }
    try refuse(output, among: imported.inputFiles + others)
    if !dryRun { _ = try AtomicFile(path: output, replacing: !noClobber) }
    return imported
  }

  private var compression: Compression? {
    if compress == "none" { return Compression.none }
    guard let level = Int(compress), (1...19).contains(level) else { return nil }
    return .zstd(level: level)
  }

  private var options: ConversionOptions {
    var options = ConversionOptions()
    options.calibration.steps = steps
    options.calibration.statisticsSamples = samples
    options.calibration.sensitivitySamples = max(1, samples / 4)
    options.calibration.predictionSamples = max(1, samples / 2)
    // A range is at least one bucket of steps.
    options.calibration.buckets = max(options.calibration.buckets, ranges)
    options.calibration.influence = influence
    options.calibration.guidance = guidance == 1 ? nil : guidance
    options.calibration.seed = seed
    options.calibration.threads = machine.threadCount
    options.calibration.memoryLimit = maxMemory?.bytes ?? BundleReader.physicalMemory / 2
    options.budget = budget
    options.ranges = ranges
    options.schedule = schedule
    options.criterion = criterion
    options.proofSamples = proofSamples
    options.reference = reference
    options.compression = compression ?? .standard
    options.dataType = dtype.dataType
    options.replacesOutput = !noClobber
    // Normal form: every setting that decides the bytes, in one order, and no paths.
    options.arguments = [
      "--budget", "\(budget)", "--ranges", "\(ranges)", "--schedule", schedule.rawValue,
      "--criterion", criterion.rawValue, "--influence", influence.rawValue,
      "--steps", "\(steps)", "--guidance", "\(guidance)", "--seed", "\(seed)",
      "--samples", "\(samples)", "--proof-samples", "\(proofSamples)", "--compress", compress,
      "--dtype", dtype.rawValue,
    ]
    options.arguments += checkpointOptions.arguments
    return options
  }
}

extension Convert {
  /// `--dtype`.
  enum StoredType: String, ExpressibleByArgument, CaseIterable {
    case source
    case f32
    case f16
    case bf16

    var dataType: DataType? {
      switch self {
      case .source: nil
      case .f32: .f32
      case .f16: .f16
      case .bf16: .bf16
      }
    }
  }
}
