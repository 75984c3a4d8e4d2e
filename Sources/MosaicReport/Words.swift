internal import MosaicCore

/// A share as per cent: "75.0 %".
func percent(_ share: Double) -> String {
  (share * 100).isFinite ? "\(fixed(share * 100, 1)) %" : "–"
}

/// A figure of a table: three significant digits, or a dash where there is none.
func figure(_ value: Double?) -> String {
  guard let value, value.isFinite else { return "–" }
  return significant(value)
}

func figure(_ estimate: Estimate?) -> String {
  guard let estimate, let interval = estimate.interval else { return figure(estimate?.value) }
  let ends = "\(significant(interval.lowerBound)) to \(significant(interval.upperBound))"
  return "\(figure(estimate.value)) (\(ends))"
}

/// `value` in `digits` significant ones at most, without zeros at the end: "0.5".
func brief(_ value: Double, _ digits: Int = 3) -> String {
  let text = significant(value, digits)
  guard text.contains("."), !text.contains("e") else { return text }
  let digits = text.reversed().drop { $0 == "0" }
  return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
}

/// A timestep: whole ones without a point.
func timestepText(_ timestep: Double) -> String {
  guard timestep.isFinite else { return "–" }
  return timestep == timestep.rounded() ? fixed(timestep, 0) : brief(timestep, 4)
}

/// `value` where it is above zero and finite: what can be divided by and shown on a log axis.
func positive(_ value: Double?) -> Double? {
  guard let value, value > 0, value.isFinite else { return nil }
  return value
}

/// What all names begin with, up to a full stop: "transformer_blocks.".
func commonPrefix(of names: [String]) -> String {
  guard let first = names.first, names.count > 1 else { return "" }
  let common = names.reduce(first[...]) { common, name in
    common.prefix(zip(common, name).prefix { $0 == $1 }.count)
  }
  return common.lastIndex(of: ".").map { String(common[...$0]) } ?? ""
}

/// Words in the order "a", "a and b", "a, b and c".
func list(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " and " + last
}
