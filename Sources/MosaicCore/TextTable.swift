/// Rows of text in aligned columns, for terminals.
public struct TextTable: Sendable {
  private var rows: [[String]]

  public init(header: [String]) { rows = [header] }

  public mutating func add(_ cells: [String]) { rows.append(cells) }

  /// Columns two spaces apart; the first is aligned left, the others right.
  public var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }
      return "  " + cells.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

/// A number with `digits` significant ones, in plain or scientific notation, whichever is shorter.
public func significant(_ value: Double, _ digits: Int = 3) -> String {
  guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  guard value != 0 else { return "0" }
  var exponent = 0
  var mantissa = abs(value)
  while mantissa >= 10 {
    mantissa /= 10
    exponent += 1
  }
  while mantissa < 1 {
    mantissa *= 10
    exponent -= 1
  }
  var scale = 1.0
  for _ in 1..<max(digits, 1) { scale *= 10 }
  var rounded = Int((mantissa * scale).rounded())
  if rounded >= Int(scale) * 10 {
    rounded /= 10
    exponent += 1
  }
  let sign = value < 0 ? "-" : ""
  let text = String(rounded)
  if (-4...5).contains(exponent) {
    return sign + plain(text, exponent: exponent)
  }
  let fraction = text.dropFirst()
  return "\(sign)\(text.prefix(1))\(fraction.isEmpty ? "" : ".\(fraction)")e\(exponent)"
}

private func plain(_ digits: String, exponent: Int) -> String {
  if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
  if exponent + 1 >= digits.count {
    return digits + String(repeating: "0", count: exponent + 1 - digits.count)
  }
  return "\(digits.prefix(exponent + 1)).\(digits.dropFirst(exponent + 1))"
}

/// `value` with `digits` places behind the point.
public func fixed(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return significant(value) }
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let rounded = Int((abs(value) * Double(scale)).rounded())
  let sign = value < 0 && rounded > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(rounded)" }
  let fraction = String(rounded % scale)
  return "\(sign)\(rounded / scale)." + String(repeating: "0", count: digits - fraction.count)
    + fraction
}

/// A timestep: whole where it is, as most are, else to six digits.
public func timestepText(_ timestep: Double) -> String {
  timestep == timestep.rounded() ? fixed(timestep, 0) : significant(timestep, 6)
}

/// Bytes in the largest fitting binary unit: "31.2 MiB".
public func byteText(_ count: Int) -> String {
  var value = Double(count)
  for unit in ["B", "KiB", "MiB", "GiB"] {
    if value < 1024 { return unit == "B" ? "\(count) B" : "\(fixed(value, 1)) \(unit)" }
    value /= 1024
  }
  return "\(fixed(value, 1)) TiB"
}

/// A count in thousands, millions, …: "10.7 M".
public func countText(_ count: Double) -> String {
  var value = count
  for unit in ["", " k", " M", " G", " T"] {
    if abs(value) < 1000 { return (unit.isEmpty ? fixed(value, 0) : significant(value)) + unit }
    value /= 1000
  }
  return significant(value) + " P"
}
