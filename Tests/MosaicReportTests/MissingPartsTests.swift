import Testing

@testable import MosaicReport

/// Whatever is missing or cannot be drawn: the files stay well-formed, and the rest is there.
@Suite struct MissingPartsTests {
  private func read(_ data: ReportData) throws -> Document {
    for file in [Report.svg(data), Report.paretoSVG(data)] {
      #expect(try Document(file).badGeometry == [])
    }
    let page = try Document(Report.html(data))
    #expect(page.badGeometry == [])
    return page
  }

  @Test func nothingButAHeading() throws {
    let page = try read(ReportData(heading: .init(model: "m")))
    #expect(page.all("h1").map(\.text) == ["m"])
    #expect(page.all("h2").isEmpty && page.all("svg").isEmpty && page.all("table").isEmpty)
    #expect(page.all("dl").isEmpty)
  }

  @Test(arguments: [
    ("Samples", \ReportData.grids.isEmpty), ("Against the alternatives", \.pareto.isEmpty),
    ("Where the multiply-accumulates go", \.groups.isEmpty), ("The schedule", \.steps.isEmpty),
  ]) func aPartWithoutDataIsLeftOut(title: String, isEmpty: KeyPath<ReportData, Bool> & Sendable)
    throws
  {
    var data = sampleReport()
    switch title {
    case "Samples": data.grids = []
    case "Against the alternatives": data.pareto = []
    case "Where the multiply-accumulates go": data.groups = []
    default: data.steps = []
    }
    #expect(data[keyPath: isEmpty])
    let titles = try read(data).all("h2").map(\.text)
    let gone = title == "The schedule" ? Array(HTMLReportTests.sections[1...3]) : [title]
    #expect(titles == HTMLReportTests.sections.filter { !gone.contains($0) })
  }

  @Test func stepsWithoutMeasurementsDrawTheScheduleAlone() throws {
    var data = sampleReport()
    data.steps = data.steps.map { step in
      var bare = ReportData.Step(timestep: step.timestep, logSNR: step.logSNR)
      bare.sparsity = step.sparsity
      return bare
    }
    let titles = try read(data).all("h2").map(\.text)
    #expect(titles.contains("The schedule"))
    #expect(!titles.contains("What the schedule follows"))
    #expect(!titles.contains("Error, step by step"))
  }

  @Test func oneStep() throws {
    var data = sampleReport()
    data.steps = [data.steps[3]]
    data.ranges = [.init(name: "all", steps: 0..<1, sparsity: 0.25, macShare: 0.75)]
    let page = try read(data)
    #expect(page.all("path").allSatisfy { !$0.has("interval") }, "whiskers in place of bands")
    #expect(page.all("line").contains { $0.has("whisker") && $0.has("line-series3") })
  }

  @Test func withoutIntervalsThereAreNone() throws {
    var data = sampleReport()
    for step in data.steps.indices {
      data.steps[step].influence = data.steps[step].influence.map { Estimate($0.value) }
      data.steps[step].sensitivity = data.steps[step].sensitivity.map { Estimate($0.value) }
    }
    let page = try read(data)
    #expect(page.all("path").allSatisfy { !$0.has("interval") })
    #expect(try Document(Report.html(sampleReport())).all("path").contains { $0.has("interval") })
  }

  @Test func aMissingValueBreaksTheLineAndNothingElse() throws {
    var data = sampleReport()
    func lines() throws -> Int {
      try Document(Report.svg(data)).all("path").count { $0.has("line-series3") }
    }
    let whole = try lines()
    data.steps[8].influence = Estimate(.nan, lower: 0, upper: 1)
    #expect(try lines() == whole + 1)
    #expect(try read(data).badGeometry == [])
  }

  @Test(arguments: [
    0, -1, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 1e-300, 1e308, -1e308,
    .greatestFiniteMagnitude,
  ]) func anyNumberAnywhere(value: Double) throws {
    let page = try read(filled(with: value))
    // A number that cannot be drawn is still in the tables, or a dash is.
    #expect(page.all("table").count == 5)
    #expect(!page.all("td").contains { $0.text.contains("nan") || $0.text.contains("inf") })
  }

  @Test(arguments: [0, .nan, .infinity, 1e308]) func oneOddNumberAmongOthers(value: Double) throws {
    var data = sampleReport()
    let odd = filled(with: value)
    data.steps[5] = odd.steps[5]
    data.ranges[1].sparsity = value
    data.groups[3] = odd.groups[3]
    data.pareto[2] = odd.pareto[2]
    #expect(try read(data).all("h2").map(\.text) == HTMLReportTests.sections)
  }

  private func filled(with value: Double) -> ReportData {
    var data = sampleReport()
    let estimate = Estimate(value, lower: value, upper: value)
    for index in data.steps.indices {
      data.steps[index].timestep = value
      data.steps[index].logSNR = value
      data.steps[index].learningSpeed = value
      data.steps[index].sensitivity = data.sparsityLevels.map { _ in estimate }
      data.steps[index].influence = estimate
      data.steps[index].sparsity = value
      data.steps[index].predictedError = value
      data.steps[index].measuredError = value
    }
    data.sparsityLevels = data.sparsityLevels.map { _ in value }
    for index in data.ranges.indices {
      data.ranges[index].sparsity = value
      data.ranges[index].macShare = value
    }
    for index in data.groups.indices {
      data.groups[index].denseMACs = value
      data.groups[index].keptMACs = data.groups[index].keptMACs.map { _ in value }
    }
    for index in data.pareto.indices {
      data.pareto[index].points = data.pareto[index].points.map { _ in
        .init(macShare: value, error: estimate, score: value)
      }
    }
    var proof = ReportData.Proof(samples: 0, measured: value)
    proof.predicted = value
    proof.standardError = value
    proof.median = value
    proof.uniform = value
    proof.uniformStandardError = value
    proof.denseMACs = value
    proof.mosaicMACs = value
    proof.denseSeconds = value
    proof.mosaicSeconds = value
    proof.parity = value
    proof.originalError = value
    data.proof = proof
    return data
  }

  @Test func partsThatDoNotFitTogether() throws {
    var data = sampleReport()
    data.ranges += [
      .init(name: "beyond", steps: 40..<60, sparsity: 0.5, macShare: 0.5),
      .init(name: "before", steps: -3..<0, sparsity: 0.5, macShare: 0.5),
      .init(name: "none", steps: 4..<4, sparsity: 0.5, macShare: 0.5),
    ]
    data.steps[0].sensitivity = []
    data.steps[1].sensitivity += data.steps[1].sensitivity
    data.groups[0].keptMACs = []
    data.groups[1].keptMACs += [1, 2, 3]
    data.grids[0].png = []
    data.grids[1].png = Array("not a picture, but long enough".utf8)
    #expect(try read(data).all("img").count == 1)
  }

  @Test(arguments: [2, 250, 1000]) func manySteps(count: Int) throws {
    var data = sampleReport()
    data.steps = (0..<count).map { data.steps[$0 % 20] }
    data.ranges = (0..<min(count, 12)).map {
      .init(
        name: "range-\($0)", steps: $0 * (count / 12)..<($0 + 1) * (count / 12), sparsity: 0.3,
        macShare: 0.7)
    }
    #expect(try read(data).badGeometry == [])
  }
}
