/// Returns max |a - b| / max |b|: infinite where the counts differ or something is not a number.
public func relativeError(_ found: [Float], _ expected: [Float]) -> Double {
  guard found.count == expected.count, !expected.isEmpty else { return .infinity }
  var largest = 0.0
  var scale = 0.0
  for (a, b) in zip(found, expected) {
    let difference = abs(Double(a) - Double(b))
    guard !difference.isNaN else { return .infinity }
    largest = max(largest, difference)
    scale = max(scale, abs(Double(b)))
  }
  return largest == 0 ? 0 : largest / scale
}
