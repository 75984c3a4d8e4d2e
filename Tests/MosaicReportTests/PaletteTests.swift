import Testing

@testable import MosaicReport

@Suite struct PaletteTests {
  /// The least contrast to paper and to the shading of ranges: WCAG 2.2, 1.4.3 for text and 1.4.11
  /// for lines and marks.
  @Test(arguments: [\Palette.Colour.light, \Palette.Colour.dark])
  func contrastSuffices(value: KeyPath<Palette.Colour, String> & Sendable) throws {
    let colours = Dictionary(
      uniqueKeysWithValues: Palette.colours.map { ($0.name, $0[keyPath: value]) })
    for background in ["paper", "band"] {
      let behind = try luminance(try #require(colours[background]))
      for (name, colour) in colours where !["paper", "band", "rule", "track"].contains(name) {
        let levels = [try luminance(colour), behind].sorted()
        let contrast = (levels[1] + 0.05) / (levels[0] + 0.05)
        let isText = ["ink", "muted", "warning"].contains(name)
        #expect(contrast >= (isText ? 4.5 : 3), "\(name) on \(background): \(contrast)")
      }
    }
  }

  /// Relative luminance of an sRGB colour (WCAG 2.2, definitions).
  private func luminance(_ colour: String) throws -> Double {
    let number = try #require(Int(colour.dropFirst(), radix: 16))
    let channels = [16, 8, 0].map { Double(number >> $0 & 255) / 255 }
    let linear = channels.map { value in
      value <= 0.03928 ? value / 12.92 : power((value + 0.055) / 1.055)
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }

  /// x to the 2.4th: x² times the fifth root of x², by Newton's method.
  private func power(_ x: Double) -> Double {
    var root = 1.0
    for _ in 0..<40 {
      root -= (root * root * root * root * root - x * x) / (5 * root * root * root * root)
    }
    return x * x * root
  }

  @Test func everyColourOfTheRulesIsDefined() {
    let rules = ChartStyle.rules { "var(--\($0.name))" }
    #expect(!rules.contains("currentColor"))
    #expect(!ChartStyle.standalone.contains("var("))
    #expect(!PageStyle.rules.contains("<") && !PageStyle.rules.contains("&"))
  }
}
