internal import MosaicCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension SparsitySchedule: CustomStringConvertible {
  /// A table for people: one line a range, steps counted from 0 at the noisiest.
  public var description: String {
    var lines = [
      "\(kind.rawValue) schedule: \(ranges.count) \(ranges.count == 1 ? "range" : "ranges") over "
        + "\(stepCount) steps at \(decimal(costShare, 4)) of the dense cost (\(asked))",
      "  steps      sparsity",
    ]
    for range in ranges {
      let steps = "\(range.lowerBound)-\(range.upperBound - 1)"
      let padding = String(repeating: " ", count: max(1, 11 - steps.count))
      lines.append("  \(steps)\(padding)\(decimal(range.sparsity, 4))")
    }
    let costs = [
      milliseconds.map { "\(significant($0, 4)) ms a sample" },
      bytes.map { "\($0) bytes of tensors" },
    ].compactMap { $0 }
    if !costs.isEmpty { lines.append("predicted cost " + costs.joined(separator: ", ")) }
    lines.append(
      "predicted error \(scientific(predictedError)), at most \(scientific(clippedError)) "
        + "if no errors cancel")
    return lines.joined(separator: "\n")
  }

  private var asked: String {
    if case .macs(let share) = target { "budget \(decimal(share, 4))" } else { target.text }
  }
}

/// `value` with so many decimals.
private func decimal(_ value: Double, _ digits: Int) -> String {
  let scale = pow(10, Double(digits))
  guard let scaled = Int(exactly: (abs(value) * scale).rounded()) else { return "\(value)" }
  let fraction = String(scaled % Int(scale))
  let zeros = String(repeating: "0", count: digits - fraction.count)
  let sign = value < 0 && scaled > 0 ? "-" : ""
  return "\(sign)\(scaled / Int(scale)).\(zeros)\(fraction)"
}

/// `value` with four digits and a power of ten.
private func scientific(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  var exponent = Int(floor(log10(abs(value))))
  var mantissa = value / pow(10, Double(exponent))
  if abs(mantissa) >= 9.9995 {
    mantissa /= 10
    exponent += 1
  }
  return "\(decimal(mantissa, 3))e\(exponent)"
}
