import ArgumentParser
import MosaicAllocation
import MosaicCodegen
import MosaicCore

/// What is asked of a schedule.
struct AllocationArguments: ParsableArguments {
  @Option(help: "Share of the dense run's MACs that may remain, over 0 up to 1. (default: 0.75)")
  var budget: Double?

  @Option(help: "Milliseconds that a sample's run may take here, by networks timed first.")
  var budgetMs: Double?

  @Option(help: "Bytes that the bundle's tensors may take before compression: 900M, 4G.")
  var budgetBytes: ByteCount?

  @Option(help: "The cheapest schedule whose predicted final mean squared error is below this.")
  var maxError: Double?

  @Option(
    help: ArgumentHelp(
      "Step ranges, each with a variant of its own; auto takes as many as are worth their bytes. "
        + "(default: 4, or as many as the steps allow)", valueName: "count|auto"))
  var ranges: CountOrAuto?

  @Option(help: "How sparsity is spread over steps.")
  var schedule = SparsitySchedule.Kind.solved

  @Option(
    help: "A schedule made by hand, as JSON.", completion: .file(extensions: ["json"]))
  var scheduleFile: String?

  @Option(help: "The least sparsity of any step.")
  var minSparsity = 0.0

  @Option(help: "The largest sparsity of any step; the largest that was measured by default.")
  var maxSparsity: Double?

  @Option(
    help: "Count errors of the noisiest steps so many times, for the same picture as dense.")
  var protectEarly: Double?

  @Option(
    help: "Times of networks for --budget-ms, as a bundle or --json keeps them.",
    completion: .file(extensions: ["json"]))
  var costModel: String?

  func validate() throws {
    let given = [
      budget != nil, budgetMs != nil, budgetBytes != nil, maxError != nil, scheduleFile != nil,
    ].count { $0 }
    guard given <= 1 else {
      throw ValidationError(
        "--budget, --budget-ms, --budget-bytes, --max-error and --schedule-file exclude each "
          + "other.")
    }
    try validateCount("--ranges", ranges?.count ?? 1)
    if let budget, !(budget > 0 && budget <= 1) {
      throw ValidationError("--budget must be over 0 and at most 1, found \(budget).")
    }
    if let budgetMs, !(budgetMs > 0 && budgetMs.isFinite) {
      throw ValidationError("--budget-ms must be over 0, found \(budgetMs).")
    }
    if let maxError, !(maxError >= 0 && maxError.isFinite) {
      throw ValidationError("--max-error must be 0 or more, found \(maxError).")
    }
    guard (0...1).contains(minSparsity), (minSparsity...1).contains(maxSparsity ?? 1) else {
      throw ValidationError(
        "--min-sparsity and --max-sparsity must be 0 to 1, the first not above the second.")
    }
    if let protectEarly, !(protectEarly > 0 && protectEarly.isFinite) {
      throw ValidationError("--protect-early must be over 0, found \(protectEarly).")
    }
    if schedule == .file, scheduleFile == nil {
      throw ValidationError("--schedule file needs --schedule-file.")
    }
    if costModel != nil, budgetMs == nil {
      throw ValidationError("--cost-model needs --budget-ms.")
    }
  }

  /// The ranges asked for, or four; fewer where a run of so many steps may have a free one.
  func rangeArgument(steps: Int) -> CountOrAuto {
    ranges ?? .count(min(4, max(1, steps - 1)))
  }

  /// - Throws: `AllocationFileError` for a schedule or a cost model that cannot be read.
  func options(steps: Int) throws -> AllocationOptions {
    var options = AllocationOptions()
    if let budget { options.budget = .macs(budget) }
    if let budgetMs { options.budget = .milliseconds(budgetMs) }
    if let budgetBytes { options.budget = .bytes(budgetBytes.bytes) }
    if let maxError { options.budget = .error(maxError) }
    options.ranges = rangeArgument(steps: steps).ranges
    options.schedule = schedule
    options.lowest = minSparsity
    options.highest = maxSparsity
    options.earlyProtection = protectEarly == 1 ? nil : protectEarly
    if let scheduleFile {
      options.schedule = .file
      options.budget = .macs(1)
      options.scheduleFile = try ScheduleFile(
        parsing: try readText(scheduleFile), file: scheduleFile)
    }
    if let costModel {
      options.latency = try LatencyModel(parsing: try readText(costModel), file: costModel)
    }
    return options
  }

  /// Files that no output may replace.
  var inputFiles: [String] { [scheduleFile, costModel].compactMap { $0 } }

  /// Normal form, without paths.
  func arguments(_ options: AllocationOptions, steps: Int) -> [String] {
    var words: [String] =
      switch options.budget {
      case .macs(let share) where options.scheduleFile == nil: ["--budget", "\(share)"]
      case .macs: []
      case .milliseconds(let time): ["--budget-ms", "\(time)"]
      case .bytes(let count): ["--budget-bytes", "\(count)"]
      case .error(let error): ["--max-error", "\(error)"]
      }
    words += [
      "--ranges", rangeArgument(steps: steps).description, "--schedule", options.schedule.rawValue,
    ]
    if let file = options.scheduleFile { words += ["--schedule-file", file.json.text()] }
    if minSparsity > 0 { words += ["--min-sparsity", "\(minSparsity)"] }
    if let maxSparsity { words += ["--max-sparsity", "\(maxSparsity)"] }
    if let protection = options.earlyProtection { words += ["--protect-early", "\(protection)"] }
    return words
  }
}

extension CountOrAuto {
  /// The most ranges that auto takes: variants stay few.
  static let mostRanges = 10

  /// As `--ranges`.
  var ranges: RangeCount {
    switch self {
    case .count(let count): .exactly(count)
    case .automatic: .automatic(atMost: Self.mostRanges)
    }
  }
}

/// The text of a small file.
///
/// - Throws: `FileError`, or `UsageError` where it is not UTF-8.
func readText(_ path: String) throws -> String {
  let file = try MappedFile(path: path)
  return try file.withBytes { bytes in
    guard bytes.count <= 1 << 24, let text = String(validating: bytes, as: UTF8.self) else {
      throw UsageError(
        description:
          "\(printable(path, limit: 400)): is not a short text of UTF-8; give a JSON file")
    }
    return text
  }
}
