import Foundation
import Testing

@testable import MosaicReport

@Suite struct HTMLReportTests {
  @Test func isWellFormedWithADrawingOfEverything() throws {
    let page = try Document(Report.html(sampleReport()))
    #expect(page.badGeometry == [])
    #expect(page.all("html")[0].attributes["lang"] == "en")
    #expect(page.all("title")[0].text == "glyph-dit: Mosaic report")
    #expect(page.all("h2").map(\.text) == Self.sections)
    // Each chart for wide and for narrow pages.
    let charts = page.all("svg")
    #expect(charts.count == 12)
    #expect(charts.allSatisfy { $0.attributes["role"] == "img" })
    #expect(charts.allSatisfy { $0.attributes["aria-label"]?.isEmpty == false })
    #expect(page.all("img").map { $0.attributes["alt"] } == sampleReport().grids.map(\.caption))
  }

  static let sections = [
    "Samples", "The schedule", "What the schedule follows", "Error, step by step",
    "Where the multiply-accumulates go", "Against the alternatives", "The figures",
  ]

  @Test func needsNoNetworkAndNoScript() throws {
    let text = Report.html(sampleReport())
    let page = try Document(text)
    #expect(page.all("script").isEmpty && page.all("link").isEmpty)
    #expect(
      page.all("img").allSatisfy { $0.attributes["src"]?.hasPrefix("data:image/png") == true })
    #expect(!text.contains("url(") && !text.contains("@import"))
    let addresses = text.components(separatedBy: "://").count - 1
    #expect(addresses == page.all("svg").count, "only the name spaces of the pictures")
  }

  @Test func saysTheOutcomeInWordsAndFigures() throws {
    let page = try Document(Report.html(sampleReport()))
    let outcome = try #require(page.all("p").first { $0.has("outcome") }).text
    #expect(
      outcome == """
        A sample costs 1.52 G multiply-accumulates in place of 2.02 G: 75.0 % of the dense model's. \
        From the same noise its samples differ from the dense model's by 0.011 per value (root mean \
        square over 256 fresh samples). Uniform pruning at the same cost errs 47 times as much.
        """)
    let figures = page.all("dd").filter { !$0.has("note") }.map(\.text)
    #expect(figures == ["75.0 %", "0.000129", "47×", "1.22×", "1.7e-7"])
  }

  @Test func tablesHoldTheFiguresOfThePictures() throws {
    let data = sampleReport()
    let page = try Document(Report.html(data))
    let rows = page.all("tr").map(\.text).map { $0.split(separator: "\n").map(String.init) }
    let points = data.pareto.flatMap(\.points)
    // Five tables with a row of headings each, twelve figures of the proof.
    #expect(
      rows.count == 5 + 12 + data.ranges.count + data.steps.count + data.groups.count
        + points.count)
    #expect(rows.contains(["range-1", "4 to 7", "timesteps 800 to 650", "0.300", "71.3 %"]))
    #expect(
      rows.contains([
        "transformer_blocks.7.attn1.to_out.0", "heads", "4.33 M", "1.08 M", "1.08 M", "2.71 M",
        "1.62 M", "1.88 M",
      ]))
    #expect(rows.contains(["paper", "50.0 %", "0.0174 (0.0143 to 0.0205)", "402"]))
    let last = try #require(rows.first { $0.first == "20, unused" })
    #expect(last.last == "0.000129")
  }

  @Test func warnsAtTheHead() throws {
    var data = sampleReport()
    data.warnings = ["The Gram matrices have 5 rows a column."]
    data.proof?.failure = "the measured error 0.1 is far above the predicted 0.01"
    let page = try Document(Report.html(data))
    #expect(
      page.all("p").filter { $0.has("warning") }.map(\.text) == [
        "The promise was not kept. the measured error 0.1 is far above the predicted 0.01",
        "Note. The Gram matrices have 5 rows a column.",
      ])
  }

  @Test func sameDataGivesTheSameBytes() {
    #expect(Report.html(sampleReport()) == Report.html(sampleReport()))
    #expect(Report.svg(sampleReport()) == Report.svg(sampleReport()))
    #expect(Report.paretoSVG(sampleReport()) == Report.paretoSVG(sampleReport()))
  }
}
