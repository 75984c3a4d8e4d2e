import Testing

@testable import MosaicReport

@Suite struct GroupChartTests {
  @Test func aRunIsTheMeanOfItsNeededForwards() {
    var data = ReportData(heading: .init(model: "m"))
    data.steps = (0..<4).map { .init(timestep: Double(3 - $0), logSNR: 0) }
    data.steps[3].needsForward = false
    data.ranges = [
      .init(name: "a", steps: 0..<1, sparsity: 0, macShare: 1),
      .init(name: "b", steps: 1..<4, sparsity: 0.5, macShare: 0.5),
    ]
    let group = ReportData.Group(name: "g", kind: "heads", denseMACs: 12, keptMACs: [12, 6])
    #expect(data.keptMACs(of: group) == 8)
  }

  @Test func ofManyGroupsTheCostliestAreDrawn() throws {
    var data = ReportData(heading: .init(model: "m"))
    data.groups = (0..<100).map {
      .init(name: "g\($0)", kind: "heads", denseMACs: Double($0 + 1), keptMACs: [Double($0)])
    }
    let chart = try #require(GroupChart(data: data).markup(width: 860))
    let document = try Document(chart.serialized)
    let labels = document.all("text").map(\.text)
    #expect(labels.filter { $0.hasPrefix("g") } == (36..<100).map { "g\($0)" })
    let page = try Document(Report.html(data))
    #expect(page.text.contains("The 36 cheapest groups are in the table only."))
    #expect(page.all("tr").count == 101)
  }

  @Test func barsAreAsLongAsTheirShare() throws {
    var data = ReportData(heading: .init(model: "m"))
    data.groups = [.init(name: "g", kind: "heads", denseMACs: 200, keptMACs: [50])]
    let chart = try #require(GroupChart(data: data).markup(width: 860))
    let bars = try Document(chart.serialized).all("rect")
    let widths = ["track", "fill-series0"].map { name in
      bars.first { $0.has(name) }?.attributes["width"].flatMap(Double.init) ?? 0
    }
    // Places are written to a tenth.
    #expect(abs(widths[1] / widths[0] - 0.25) < 0.001)
  }
}
