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

  @Argument(help: "A diffusers directory or an ONNX model.", completion: .file())
  var checkpoint: String

  @Option(name: .shortAndLong, help: "The bundle to write.")
  var output: String

  @OptionGroup(title: "Schedule") var allocation: AllocationArguments
  @OptionGroup(title: "Plan") var levers: LeverArguments
  @OptionGroup(title: "Calibration") var calibration: CalibrationArguments

  @Option(help: "Fresh samples of the closing proof.")
  var proofSamples = 128

  @Option(
    help:
      "Tensors recorded in the original framework, as for check; compared before anything else.",
    completion: .file(extensions: ["safetensors"]))
  var reference: String?

  @Option(help: "Compression of the bundle: none, or a zstd level from 1 to 19.")
  var compress = "1"

  @Option(help: "Type of all stored tensors; source keeps each in its own.")
  var dtype = StoredType.source

  @Option(
    help: "Draw what was found: an .html page, or the main figure as .svg.",
    completion: .file(extensions: ["html", "svg"]))
  var report: String?

  @Flag(help: "Say what would be done, and what it takes; write nothing.")
  var dryRun = false

  @Flag(help: "Refuse to replace an existing output.")
  var noClobber = false

  @OptionGroup var checkpointOptions: CheckpointOptions
  @OptionGroup(title: "Other networks") var network: NetworkArguments
  @OptionGroup var machine: MachineOptions
  @OptionGroup var print: OutputOptions

  func validate() throws {
    try validateCount("--proof-samples", proofSamples)
    try validateReport(report)
    guard compression != nil else {
      throw ValidationError("--compress must be none or 1 to 19, found \(compress).")
    }
  }

  func run() throws {
    Interrupt.watch()
    try exiting {
      machine.warnOfSlowKernels()
      let imported = try openCheckpoint(
        checkpoint, checkpointOptions, network, output: output, replacing: !noClobber,
        isDryRun: dryRun,
        others: allocation.inputFiles + [calibration.stats, reference].compactMap { $0 })
      let options = try makeOptions()
      if dryRun {
        return Swift.print(try Conversion(imported, options: options) { _ in }.outlook().text)
      }
      let line = ProgressLine(stages: options.stages, isQuiet: print.quiet)
      let conversion = Conversion(imported, options: options, progress: line.show)
      let outcome = try conversion.run(to: output)
      let report = outcome.report
      line.clear()
      if let path = self.report {
        try writeReport(
          outcome.reportData(sampler: imported.scheduler?.sampler.rawValue ?? ""), to: path,
          replacing: !noClobber)
      }
      for warning in report.warnings { printError("warning: \(warning)") }
      Swift.print(print.json ? report.json.text(indented: true) : report.text)
      if let failure = report.failure {
        printError("\(printable(output, limit: 400)): written, but \(failure)")
        throw ExitCode(ExitStatus.answerIsNo.rawValue)
      }
    }
  }

  private var compression: Compression? {
    if compress == "none" { return Compression.none }
    guard let level = Int(compress), (1...19).contains(level) else { return nil }
    return .zstd(level: level)
  }

  private func makeOptions() throws -> ConversionOptions {
    var options = ConversionOptions()
    options.statistics = try calibration.readStatistics()
    options.calibration = try calibration.options(
      for: options.statistics, ranges: allocation.ranges?.count ?? 1, threads: machine.threadCount)
    options.criterion = calibration.criterion ?? options.statistics?.file.criterion ?? .obs
    let steps = options.calibration.steps
    options.allocation = try allocation.options(steps: steps)
    let ranges = allocation.rangeArgument(steps: steps).count ?? 1
    if case .macs(let share) = options.allocation.budget {
      options.growth = calibration.growth(budgets: [share], ranges: ranges)
    } else {
      options.growth = calibration.growth(budgets: [0.75], ranges: ranges)
    }
    options.isTransfer = calibration.transfer
    (options.levers, options.probe) = levers.options
    options.proofSamples = proofSamples
    options.reference = reference
    options.compression = compression ?? .standard
    options.dataType = dtype.dataType
    options.replacesOutput = !noClobber
    // Normal form: every setting that decides the bytes, in one order, and no paths.
    options.arguments =
      allocation.arguments(options.allocation, steps: steps) + levers.arguments
      + CalibrationArguments.arguments(options.calibration, options.criterion) + [
        "--proof-samples", "\(proofSamples)", "--compress", compress, "--dtype", dtype.rawValue,
      ] + checkpointOptions.arguments + network.arguments
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
