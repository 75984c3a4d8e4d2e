internal import MosaicCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension BundleSummary {
  /// Sparsity and predicted own error over log-SNR: noise above, the clean sample below, both
  /// curves drawn to the right.
  public var scheduleText: String {
    let steps = manifest.schedule.perStep
    guard !steps.isEmpty else { return "no schedule: this bundle names no steps" }
    let errors = LogBar(steps.map(\.predictedError))
    var table = TextTable(
      header: [
        "step", "timestep", "log-SNR", "variant", "sparsity", column("0 .. 1", 30),
        "own error", column("logarithmic", LogBar.width),
      ])
    for (number, step) in steps.enumerated() {
      let filled = Int((30 * min(max(step.sparsity, 0), 1)).rounded())
      table.add([
        "\(number)", timestepText(step.timestep), fixed(step.logSNR, 2), "\(step.variant)",
        fixed(step.sparsity, 3), column(String(repeating: "#", count: filled), 30),
        significant(step.predictedError),
        column(String(repeating: "*", count: errors.length(of: step.predictedError)), 20),
      ])
    }
    return table.text
  }

  /// Text at the left of a column of bars.
  private func column(_ text: String, _ width: Int) -> String {
    "|" + text + String(repeating: " ", count: max(0, width - text.count))
  }
}

/// Lengths of bars for values over several magnitudes.
private struct LogBar {
  static let width = 20
  private let lowest: Double
  private let highest: Double

  init(_ values: [Double]) {
    let drawn = values.filter { $0.isFinite && $0 > 0 }
    lowest = log(drawn.min() ?? 1)
    highest = log(drawn.max() ?? 1)
  }

  /// 0 for no error, 1 for the least there is, `width` for the largest.
  func length(of value: Double) -> Int {
    guard value > 0 else { return 0 }
    guard value.isFinite, highest > lowest else { return Self.width }
    let share = (log(value) - lowest) / (highest - lowest)
    return 1 + Int((share * Double(Self.width - 1)).rounded())
  }
}
