import ArgumentParser
import MosaicAnalysis
import MosaicBundle
import MosaicCodegen
import MosaicCore
import MosaicSurgery

/// How a network is measured: the options that `analyse`, `convert` and `compare` have in common.
///
/// With `--stats` the file says all of these, and what is given beside it must agree.
struct CalibrationArguments: ParsableArguments {
  @Option(
    help: "Statistics made by analyse, in place of measuring.",
    completion: .file(extensions: ["stats"]))
  var stats: String?

  @Flag(
    help: "Take statistics of the checkpoint that this one was tuned from; says how far it moved.")
  var transfer = false

  @Option(help: "Which units go; only obs refits what stays. (default: obs)")
  var criterion: Criterion?

  @Option(
    help: "How the influence of a step on the final sample is known. (default: measured)")
  var influence: CalibrationOptions.Influence?

  @Option(help: "Sampling steps to calibrate for. (default: 20)")
  var steps: Int?

  @Option(help: "Weight of classifier-free guidance to calibrate for; 1 is none. (default: 1)")
  var guidance: Float?

  @Option(help: "Seed of all calibration and proof samples. (default: 0)")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Samples that the refit sees, or auto; others measure errors (a quarter) and predict (half). "
        + "(default: 256)", valueName: "count|auto"))
  var samples: CountOrAuto?

  @Option(help: "The most samples of each kind that --samples auto draws.")
  var maxSamples = 1024

  @Option(help: "Memory for statistics; half of the machine's by default.")
  var maxMemory: ByteCount?

  func validate() throws {
    for (name, value) in [
      ("--steps", steps ?? 1), ("--samples", samples?.count ?? 1), ("--max-samples", maxSamples),
    ] {
      try validateCount(name, value)
    }
    if let guidance, !guidance.isFinite {
      throw ValidationError("--guidance must be a number.")
    }
    if transfer, stats == nil { throw ValidationError("--transfer needs --stats.") }
  }

  /// The statistics file, read and checked; nil without `--stats`.
  func readStatistics() throws -> (path: String, file: StatisticsFile)? {
    guard let stats else { return nil }
    let file = try StatisticsFile(path: stats)
    if let criterion, criterion != file.criterion, file.sensitivity != nil {
      throw StatisticsError(
        path: stats,
        reason: .criterion(found: file.criterion.rawValue, asked: criterion.rawValue))
    }
    return (stats, file)
  }

  /// - Parameter ranges: Ranges wanted, for which there must be buckets.
  /// - Throws: `StatisticsError` where the file was made with other settings than are asked for.
  func options(
    for file: (path: String, file: StatisticsFile)?, ranges: Int = 1, threads: Int
  ) throws -> CalibrationOptions {
    var options = CalibrationOptions()
    options.threads = threads
    options.memoryLimit = maxMemory?.bytes ?? BundleReader.physicalMemory / 2
    let count = samples?.count ?? options.statisticsSamples
    options.statisticsSamples = count
    options.sensitivitySamples = max(1, count / 4)
    options.predictionSamples = max(1, count / 2)
    options.steps = steps ?? options.steps
    // A range is at least one bucket of steps.
    options.buckets = max(options.buckets, ranges)
    options.influence = influence ?? options.influence
    options.guidance = guidance == 1 ? nil : guidance
    options.seed = seed ?? options.seed
    guard let file else { return options }
    var kept = file.file.options(completing: options)
    kept.sensitivitySamples =
      file.file.sensitivity?.count ?? max(1, kept.statisticsSamples / 4)
    kept.predictionSamples = max(1, kept.statisticsSamples / 2)
    func check<T: Equatable>(_ name: String, _ asked: T?, _ found: T) throws {
      guard let asked, asked != found else { return }
      throw StatisticsError(
        path: file.path,
        reason: .differs(field: name, found: "\(found)", expected: "\(asked)"))
    }
    try check("--steps", steps, kept.steps)
    try check("--influence", influence?.rawValue, kept.influence.rawValue)
    try check("--guidance", guidance, kept.guidance ?? 1)
    try check("--seed", seed, kept.seed)
    try check("--samples", samples?.count, kept.statisticsSamples)
    return kept
  }

  /// How far samples are to be drawn; nil where their number was given.
  func growth(budgets: [Double], ranges: Int) -> SampleGrowth? {
    guard case .automatic = samples else { return nil }
    return SampleGrowth(maximum: maxSamples, budgets: budgets, ranges: ranges)
  }

  /// Normal form: every setting that decides the bytes, in one order.
  static func arguments(_ options: CalibrationOptions, _ criterion: Criterion) -> [String] {
    [
      "--criterion", criterion.rawValue, "--influence", options.influence.rawValue,
      "--steps", "\(options.steps)", "--guidance", "\(options.guidance ?? 1)",
      "--seed", "\(options.seed)", "--samples", "\(options.statisticsSamples)",
    ]
  }
}

/// Refuses a number of things below 1, or above what any machine could hold.
func validateCount(_ name: String, _ value: Int) throws {
  guard value >= 1 else { throw ValidationError("\(name) must be 1 or more, found \(value).") }
  guard value <= 1 << 20 else {
    throw ValidationError("\(name) must be 1048576 or less, found \(value).")
  }
}
