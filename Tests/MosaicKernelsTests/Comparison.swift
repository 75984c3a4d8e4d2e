import Testing

/// Half a unit in the last place of f32, relative: the largest error of one rounding.
let halfUlp = 0x1p-24

/// Records an issue for the first element of `actual` farther from `expected` than its bound.
func expectClose(
  _ actual: [Float], _ expected: [Double], within bound: (Int) -> Double,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  for index in expected.indices {
    let distance = abs(Double(actual[index]) - expected[index])
    // A NaN compares false and so is reported.
    guard distance <= bound(index) else {
      Issue.record(
        "element \(index) is \(actual[index]), expected \(expected[index]) ± \(bound(index))",
        sourceLocation: sourceLocation)
      return
    }
  }
}
