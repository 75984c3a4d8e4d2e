import Testing

@testable import MosaicReport

@Suite struct ParetoChartTests {
  @Test func everyPointHasAMarkThatSaysWhatItIs() throws {
    let document = try Document(Report.paretoSVG(sampleReport()))
    let texts = document.all("title").map(\.text)
    #expect(texts.count == sampleReport().pareto.flatMap(\.points).count)
    #expect(
      texts.contains(
        "dense, fewer steps, 75.0 %: error 0.000210 (0.000172 to 0.000248); Fréchet distance 317"))
  }

  @Test func onlyTheBaselineIsDashed() throws {
    let lines = try Document(Report.paretoSVG(sampleReport())).all("path").filter {
      $0.has("curve")
    }
    #expect(lines.count == 6)
    #expect(lines.filter { $0.has("dashed") }.map { $0.has("line-series5") } == [true])
  }

  @Test func anErrorOfZeroHasNoPlaceOnALogarithmicAxis() throws {
    var data = sampleReport()
    data.pareto[0].points.append(.init(macShare: 1, error: Estimate(0)))
    let marks = try Document(Report.paretoSVG(data)).all("title").count
    #expect(marks == data.pareto.flatMap(\.points).count - 1)
    #expect(
      Report.html(data).contains("<th scope=\"row\">solved</th>\n<td>100.0 %</td>\n<td>0</td>"))
  }

  @Test func pointsAreJoinedByRisingCost() throws {
    var data = sampleReport()
    let sorted = Report.paretoSVG(data)
    data.pareto = data.pareto.map {
      ParetoSeries(name: $0.name, points: $0.points.reversed(), isBaseline: $0.isBaseline)
    }
    #expect(Report.paretoSVG(data) == sorted)
  }
}
