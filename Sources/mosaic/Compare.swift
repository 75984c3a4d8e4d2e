import ArgumentParser
import Foundation
import MosaicAllocation
import MosaicAnalysis
import MosaicCodegen
import MosaicCore
import MosaicReport
import MosaicSurgery

/// `mosaic compare CHECKPOINT`: schedules side by side.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure schedules side by side, at equal MACs.",
    discussion: """
      Every schedule at every budget, uniform pruning by other criteria, and the dense network in \
      fewer steps, all from the same fresh noise: the error of the final samples against dense, its \
      median, and what was predicted. --score CMD runs CMD with a file of samples (tensors images \
      and labels) and shows what it prints.
      """)

  @Argument(help: "A diffusers directory or an ONNX model.", completion: .file())
  var checkpoint: String

  @Option(help: "Shares of the dense run's MACs, separated by commas.")
  var budgets = ShareList([0.875, 0.75, 0.625, 0.5])

  @Option(help: "Schedules, separated by commas: solved, uniform, paper, evolution.")
  var schedules = KindList([.solved, .uniform, .paper, .evolution])

  @Option(help: "Step ranges of solved and uniform; auto takes as many as are worth their bytes.")
  var ranges = CountOrAuto.count(4)

  @Option(help: "Candidates that evolution measures.")
  var evaluations = 200

  @Option(help: "Fresh samples on which all are measured.")
  var proofSamples = 128

  @Option(help: "A command that is given a samples file and prints a score.")
  var score: String?

  @Option(
    help: "Draw the Pareto plot: an .html or .svg file.",
    completion: .file(extensions: ["html", "svg"]))
  var report: String?

  @Flag(help: "Refuse to replace an existing report.")
  var noClobber = false

  @OptionGroup(title: "Plan") var levers: LeverArguments
  @OptionGroup(title: "Calibration") var calibration: CalibrationArguments
  @OptionGroup var checkpointOptions: CheckpointOptions
  @OptionGroup(title: "Other networks") var network: NetworkArguments
  @OptionGroup var machine: MachineOptions
  @OptionGroup var print: OutputOptions

  func validate() throws {
    for (name, value) in [
      ("--proof-samples", proofSamples), ("--evaluations", evaluations),
      ("--ranges", ranges.count ?? 1),
    ] {
      try validateCount(name, value)
    }
    try validateReport(report)
  }

  func run() throws {
    Interrupt.watch()
    try exiting {
      machine.warnOfSlowKernels()
      let imported = try openCheckpoint(
        checkpoint, checkpointOptions, network, output: report, replacing: !noClobber,
        isDryRun: false,
        others: [calibration.stats].compactMap { $0 })
      let given = try calibration.readStatistics()
      let options = try calibration.options(
        for: given, ranges: ranges.count ?? 1, threads: machine.threadCount)
      let line = ProgressLine(
        stages: given?.file.sensitivity == nil ? options.stages(hasMoments: given != nil) : [],
        isQuiet: print.quiet)
      let calibrator = try Calibrator(
        imported, options: options,
        criterion: calibration.criterion ?? given?.file.criterion ?? .obs,
        growth: given == nil
          ? calibration.growth(budgets: budgets.values, ranges: ranges.count ?? 1) : nil,
        progress: line.show)
      let measured = try calibrator.calibration(
        from: try given?.file ?? calibrator.gather(), path: given?.path ?? checkpoint,
        transfer: calibration.transfer)
      var wanted = ComparisonOptions()
      wanted.budgets = budgets.values
      wanted.schedules = schedules.values
      wanted.ranges = ranges.ranges
      wanted.samples = proofSamples
      wanted.evaluations = evaluations
      (wanted.levers, wanted.probe) = levers.options
      let scorer = try score.map { try ScoringCommand($0) }
      let comparison = try measured.compare(wanted, progress: line.show) {
        try scorer?.run($0)
      }
      line.clear()
      if let report {
        var data = measured.reportData(sampler: imported.scheduler?.sampler.rawValue ?? "")
        comparison.add(to: &data, scoreName: score == nil ? nil : "score")
        try writeReport(data, to: report, isPareto: true, replacing: !noClobber)
      }
      Swift.print(print.json ? comparison.json.text(indented: true) : comparison.text)
    }
  }
}

/// A list of shares: 0.75,0.5.
struct ShareList: ExpressibleByArgument {
  var values: [Double]

  init(_ values: [Double]) { self.values = values }

  init?(argument: String) {
    let shares = argument.split(separator: ",", omittingEmptySubsequences: false)
      .map { Double($0) }
    guard !shares.isEmpty, shares.count <= 100,
      shares.allSatisfy({ ($0 ?? 0) > 0 && ($0 ?? 2) <= 1 })
    else { return nil }
    values = shares.compactMap { $0 }
  }

  var defaultValueDescription: String { values.map { "\($0)" }.joined(separator: ",") }
}

/// A list of schedules.
struct KindList: ExpressibleByArgument {
  var values: [SparsitySchedule.Kind]

  init(_ values: [SparsitySchedule.Kind]) { self.values = values }

  init?(argument: String) {
    let kinds = argument.split(separator: ",", omittingEmptySubsequences: false)
      .map { SparsitySchedule.Kind(rawValue: String($0)) }
    guard kinds.allSatisfy({ $0 != nil && $0 != .file }) else { return nil }
    values = kinds.compactMap { $0 }
  }

  var defaultValueDescription: String {
    values.map(\.rawValue).joined(separator: ",")
  }
}

/// A command of the shell that scores samples: it is given their file's name as its last word.
struct ScoringCommand {
  private let command: String

  /// - Throws: `UsageError` where there is no command.
  init(_ command: String) throws {
    guard command.contains(where: { !$0.isWhitespace }) else {
      throw UsageError(description: "--score: give a command")
    }
    self.command = command
  }

  /// What the command prints for the samples, on one line.
  ///
  /// - Throws: `UsageError` where it cannot be started or fails.
  func run(_ samples: ComparedSamples) throws -> String {
    let directory = FileManager.default.temporaryDirectory.path
    let path = "\(directory)/mosaic-\(getpid())-samples.safetensors"
    let count = samples.labels.count
    try SafetensorsWriter.write(
      [
        ("images", TensorView(samples.images, shape: [count] + samples.shape)),
        ("labels", TensorView(samples.labels.map { Int64($0) }, shape: [count])),
      ], to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "\(command) \"$1\"", "sh", path]
    let output = Pipe()
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw UsageError(description: "--score: no shell can be started here")
    }
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw UsageError(
        description: "--score: '\(printable(command))' ended with status "
          + "\(process.terminationStatus); it must take a samples file and print a score")
    }
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
