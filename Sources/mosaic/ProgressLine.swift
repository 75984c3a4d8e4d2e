import MosaicAnalysis
import MosaicCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Progress on standard error: one line that is rewritten on a terminal; elsewhere a line a stage
/// and one every half a minute.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let isQuiet: Bool
  /// The stages in order, each with its share of the work.
  private let stages: [(name: String, weight: Double)]
  private let start = ContinuousClock.now
  private var stage = ""
  private var lastPrinted: ContinuousClock.Instant?
  private var width = 0

  init(stages: [(name: String, weight: Double)], isQuiet: Bool) {
    self.stages = stages
    self.isQuiet = isQuiet
  }

  func show(_ progress: Progress) throws {
    try Interrupt.check()
    guard !isQuiet else { return }
    let share = Double(progress.done) / Double(max(progress.total, 1))
    let isNew = progress.stage != stage
    let now = ContinuousClock.now
    let since = lastPrinted.map { now - $0 } ?? .seconds(3600)
    guard isNew || since > (isTerminal ? .milliseconds(100) : .seconds(30)) else { return }
    stage = progress.stage
    lastPrinted = now
    let percent = fixed(100 * share, 0)
    let line = "\(progress.stage) \(percent) %\(timeLeft(progress.stage, share, now))"
    if isTerminal {
      let padding = String(repeating: " ", count: max(0, width - line.count))
      writeToStandardError("\r\(line)\(padding)")
      width = line.count
    } else {
      writeToStandardError("\(line)\n")
    }
  }

  /// Removes the line, before results are printed.
  func clear() {
    guard isTerminal, width > 0 else { return }
    writeToStandardError("\r\(String(repeating: " ", count: width))\r")
    width = 0
  }

  /// From the share of all work that is done; nothing before a share of it says something.
  private func timeLeft(
    _ name: String, _ share: Double, _ now: ContinuousClock.Instant
  ) -> String {
    guard let index = stages.firstIndex(where: { $0.name == name }) else { return "" }
    let total = stages.reduce(0) { $0 + $1.weight }
    let done = stages[..<index].reduce(0) { $0 + $1.weight } + share * stages[index].weight
    let spent = Double((now - start).components.seconds)
    guard done > 0.02 * total, spent >= 1 else { return "" }
    return ", about \(durationText(spent * (total - done) / done)) left"
  }
}

/// Seconds for people: "45 s", "3 min 20 s".
func durationText(_ seconds: Double) -> String {
  let whole = Int(seconds.rounded(.up))
  return whole < 60 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
}
