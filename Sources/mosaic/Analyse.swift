import ArgumentParser
import MosaicAnalysis
import MosaicCodegen
import MosaicCore
import MosaicImport

/// `mosaic analyse CHECKPOINT -o OUT.stats`: measures once what any budget is solved from.
struct Analyse: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a checkpoint once, for all budgets.",
    discussion: """
      Gathers what convert would measure, into a file that 'convert --stats' and 'compare --stats' \
      start from. With --shard I/N one of N machines gathers its part of the samples; 'merge' joins \
      the parts, and analyse with --stats on what it wrote measures the rest: the same bytes as one \
      run on one machine gives.
      """)

  @Argument(help: "A diffusers directory or an ONNX model.", completion: .file())
  var checkpoint: String

  @Option(name: .shortAndLong, help: "The statistics to write.")
  var output: String

  @OptionGroup var calibration: CalibrationArguments
  @OptionGroup(title: "Plan") var levers: LeverArguments

  @Option(help: "Search for plans down to this share of the dense run's MACs.")
  var leastBudget = 0.4

  @Option(
    help: ArgumentHelp(
      "Gather part I of N of the samples, I from 0, and measure nothing else.", valueName: "i/n"))
  var shard: ShardArgument?

  @Flag(help: "Say what would be done, and what it takes; write nothing.")
  var dryRun = false

  @Flag(help: "Refuse to replace an existing output.")
  var noClobber = false

  @OptionGroup var checkpointOptions: CheckpointOptions
  @OptionGroup(title: "Other networks") var network: NetworkArguments
  @OptionGroup var machine: MachineOptions
  @OptionGroup var print: OutputOptions

  func validate() throws {
    guard leastBudget > 0, leastBudget < 1 else {
      throw ValidationError("--least-budget must be over 0 and below 1, found \(leastBudget).")
    }
    if shard != nil, levers.options.levers != .plain {
      throw ValidationError("--shard gathers moments; --levers comes after merge.")
    }
    if shard != nil, calibration.stats != nil {
      throw ValidationError("--shard gathers anew; --stats continues what was gathered.")
    }
  }

  func run() throws {
    Interrupt.watch()
    try exiting {
      machine.warnOfSlowKernels()
      let imported = try openCheckpoint(
        checkpoint, checkpointOptions, network, output: output, replacing: !noClobber,
        isDryRun: dryRun,
        others: [calibration.stats].compactMap { $0 })
      let given = try calibration.readStatistics()
      let options = try calibration.options(for: given, threads: machine.threadCount)
      let stages =
        shard == nil
        ? options.stages(hasMoments: given != nil)
        : Array(options.stages().prefix(1))
      let line = ProgressLine(stages: stages, isQuiet: print.quiet)
      let calibrator = try Calibrator(
        imported, options: options,
        criterion: calibration.criterion ?? given?.file.criterion ?? .obs,
        growth: calibration.growth(budgets: [0.75, 0.5], ranges: 4), progress: line.show)
      if dryRun { return Swift.print(try calibrator.outlook(stages: stages).text) }
      let clock = ContinuousClock.now
      var file = try measure(calibrator, given)
      try file.write(to: output, replacing: !noClobber)
      try searchPlans(calibrator, &file, line)
      line.clear()
      report(file, calibrator.subject.work, seconds: (ContinuousClock.now - clock) / .seconds(1))
    }
  }

  private func measure(
    _ calibrator: Calibrator, _ given: (path: String, file: StatisticsFile)?
  ) throws -> StatisticsFile {
    if let shard {
      return try calibrator.gather(shard: Shard(index: shard.index, count: shard.count))
    }
    guard let given else {
      return try calibrator.complete(try calibrator.gather(), path: checkpoint)
    }
    return try calibrator.calibration(
      from: given.file, path: given.path, transfer: calibration.transfer
    ).file(identity: given.file.identity)
  }

  /// Writes the file again behind each stage: what is interrupted goes on from there with --stats.
  private func searchPlans(
    _ calibrator: Calibrator, _ file: inout StatisticsFile, _ line: ProgressLine
  ) throws {
    let (wanted, probe) = levers.options
    guard wanted != .plain else { return }
    var kept = file
    try calibrator.calibration(from: file, path: output).searchPlans(
      wanted, probe, ranges: .exactly(4), down: leastBudget, progress: line.show
    ) { plans in
      kept.plans = plans
      try kept.write(to: output)
    }
    file = kept
  }

  private func report(_ file: StatisticsFile, _ work: ForwardWork, seconds: Double) {
    let statistics = file.statistics
    let rows = statistics.buckets.map { statistics.rowsPerColumn(of: $0) }.min() ?? 0
    if rows < 8, statistics.isComplete {
      printError(
        "warning: the Gram matrices have \(significant(rows)) rows a column at the least, fewer "
          + "than 8; more --samples make refits better")
    }
    guard print.json else {
      let part =
        statistics.isComplete
        ? "" : ", leaves \(statistics.leaves) of \(statistics.leafCount)"
      let sensitivity =
        file.sensitivity.map { ", sensitivity of \($0.count) samples" }
        ?? ", no sensitivity yet"
      for record in file.plans {
        let trace = record.state.trace
        printError(
          "plans (\(record.settings.prefix { $0 != ";" })): \(trace.stages.count) stages down to "
            + "\(fixed(trace.least, 3)) of the dense MACs, measured in the forwards of "
            + "\(significant(trace.work)) dense trajectories a sample")
      }
      return Swift.print(
        "\(printable(output, limit: 400)): moments of \(statistics.widths.count) groups in "
          + "\(statistics.buckets.count) buckets of steps\(part)\(sensitivity); "
          + "\(significant(rows)) rows a column at the least; \(significant(seconds)) s, "
          + "\(significant(work.seconds)) s of it in \(work.forwards) forwards")
    }
    let json: JSONValue = [
      "schema": "mosaic.analyse/1", "output": JSONValue(output),
      "groups": JSONValue(statistics.widths.count),
      "buckets": JSONValue(statistics.buckets.count),
      "first_leaf": JSONValue(statistics.leaves.lowerBound),
      "leaves": JSONValue(statistics.leaves.count),
      "leaf_count": JSONValue(statistics.leafCount),
      "sensitivity_samples": JSONValue(file.sensitivity?.count ?? 0),
      "rows_per_column": JSONValue(rows), "seconds": JSONValue(seconds),
      "forwards": JSONValue(work.forwards), "forward_seconds": JSONValue(work.seconds),
    ]
    Swift.print(json.text(indented: true))
  }
}

/// `--shard`.
struct ShardArgument: ExpressibleByArgument {
  var index: Int
  var count: Int

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count <= 1 << 20,
      index >= 0, index < count
    else { return nil }
    self.index = index
    self.count = count
  }
}

/// A checkpoint that is to be compiled, after everything that can be refused before minutes of work.
func openCheckpoint(
  _ checkpoint: String, _ options: CheckpointOptions, _ network: NetworkArguments,
  output: String?, replacing: Bool, isDryRun: Bool, others: [String]
) throws -> ImportedModel {
  var imported: ImportedModel
  if isONNX(checkpoint) {
    imported = try network.load(checkpoint, options)
  } else {
    try refuseForeignFile(checkpoint)
    guard !fileExists(checkpoint) || directoryExists(checkpoint) else {
      throw UsageError(
        description: "\(printable(checkpoint, limit: 400)): a diffusers directory or an ONNX model "
          + "is needed here; bundles are inspected, run and compared")
    }
    try network.refuse(for: "no ONNX model", at: checkpoint)
    imported = try CheckpointImporter(
      path: checkpoint, variant: options.weights, schedulerPath: options.scheduler,
      sampler: options.sampler
    ).load()
  }
  imported.scheduler = try imported.scheduler.map { try options.adjusted($0) }
  for warning in imported.warnings { printError("warning: \(warning)") }
  guard let output else { return imported }
  try refuse(
    output,
    among: imported.inputFiles + others
      + [options.scheduler, network.conditioning].compactMap { $0 })
  if !isDryRun { _ = try AtomicFile(path: output, replacing: replacing) }
  return imported
}
