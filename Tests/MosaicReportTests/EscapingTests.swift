import Testing

@testable import MosaicReport

@Suite struct EscapingTests {
  static let hostile =
    "</text></svg></style><script>alert('a')</script>\" onload=\"alert(1)\" &amp; "
    + "\u{0}\u{8}\n\u{7f}\u{9b}31m\u{202e}\u{fffe}\u{ffff}]]>"

  /// Every text that comes from outside.
  static var data: ReportData {
    var data = sampleReport()
    data.heading = .init(
      model: hostile, sampler: hostile, steps: 20, budget: hostile, schedule: hostile,
      criterion: hostile, version: hostile)
    data.warnings = [hostile]
    data.proof?.failure = hostile
    data.scoreName = hostile
    for index in data.ranges.indices { data.ranges[index].name = hostile }
    for index in data.groups.indices {
      data.groups[index].name = hostile
      data.groups[index].kind = hostile
    }
    for index in data.grids.indices { data.grids[index].caption = hostile }
    for index in data.pareto.indices {
      data.pareto[index].name = hostile
      data.pareto[index].points[0].scoreText = hostile
    }
    return data
  }

  enum File: CaseIterable { case html, svg, paretoSVG }

  @Test(arguments: File.allCases) func textsFromOutsideStayTexts(of kind: File) throws {
    let file =
      switch kind {
      case .html: Report.html(Self.data)
      case .svg: Report.svg(Self.data)
      case .paretoSVG: Report.paretoSVG(Self.data)
      }
    let page = try Document(file)
    #expect(page.all("script").isEmpty)
    #expect(page.elements.allSatisfy { !$0.attributes.keys.contains { $0.hasPrefix("on") } })
    var harmless = sampleReport()
    harmless.warnings = ["none"]
    let allowed = Set(try Document(Report.html(harmless)).elements.map(\.name))
    #expect(Set(page.elements.map(\.name)).subtracting(allowed) == [])
    let forbidden = file.unicodeScalars.filter {
      ($0.properties.generalCategory == .control && $0 != "\n")
        || $0.properties.generalCategory == .format || $0.value == 0xfffe || $0.value == 0xffff
    }
    #expect(forbidden.isEmpty)
  }

  @Test func whatIsReadIsWhatWasWritten() throws {
    let text = #"<b class="x">'&amp;'</b> ]]>"#
    let element = Markup("p", ["title": text], text: text)
    let read = try #require(try Document(element.serialized).elements.first)
    #expect(read.text == text)
    #expect(read.attributes["title"] == text)
  }

  @Test func controlsAreSpelledOut() {
    #expect(escaped("a\u{0}\n\u{202e}b") == #"a\u{0}\u{a}\u{202e}b"#)
    #expect(escaped("\u{ffff}") == "\u{fffd}")
  }
}
