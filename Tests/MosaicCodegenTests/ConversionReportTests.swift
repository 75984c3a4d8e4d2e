import MosaicAllocation
import MosaicAnalysis
import MosaicBundle
import MosaicTestSupport
import Testing

@testable import MosaicCodegen
@testable import MosaicLowering

/// When a conversion says that it did not keep its promise.
@Suite struct ConversionReportTests {
  private func report(
    measured: Double, error: Double = 0, predicted: Double, program: Double = 0, node: Double = 0,
    original: Double? = nil
  ) -> ConversionReport {
    var manifest = Manifest()
    manifest.proof = Manifest.Proof(
      parityMaxRelative: program, parityOpSamplesMax: node, comparedWithOriginal: false,
      samples: 8, predictedMSE: predicted, measuredMSE: measured, standardError: error,
      median: measured, uniformMeasuredMSE: measured, denseMACs: 10, mosaicMACs: 7,
      uniformMACs: 7)
    var paired = PairedError([0, 0], [0, 0], sampleSize: 1)
    paired.mean = measured
    paired.standardError = error
    return ConversionReport(
      output: "a.mosaic", manifest: manifest, ranges: [],
      parity: Parity(programError: program, nodeError: node, worstNode: "up", elements: 3),
      originalError: original,
      schedule: SparsitySchedule(
        kind: .solved, ranges: [], predictedError: predicted, clippedError: predicted, costShare: 1,
        budget: 1), closedFormInterval: 0.1,
      proof: Proof(measured: paired, uniform: nil, denseSeconds: 1, mosaicSeconds: 1),
      rowsPerColumn: 100)
  }

  @Test func asPredicted() {
    #expect(report(measured: 1, predicted: 1).failure == nil)
    #expect(report(measured: 0, predicted: 0).failure == nil)
    #expect(report(measured: 3, predicted: 1).failure == nil)
    // Far less than predicted is no broken promise.
    #expect(report(measured: 0.001, predicted: 1).failure == nil)
  }

  @Test func farAbovePredicted() {
    #expect(
      report(measured: 3.5, error: 0.1, predicted: 1).failure
        == "the measured error 3.50 is far above the predicted 1.00")
    #expect(report(measured: 1, predicted: 0).failure != nil)
    // Four standard errors of doubt.
    #expect(report(measured: 3.5, error: 0.2, predicted: 1).failure == nil)
  }

  @Test func notANumber() {
    #expect(report(measured: .nan, predicted: 1).failure != nil)
    #expect(report(measured: 1, error: 0, predicted: .nan).failure != nil)
    #expect(report(measured: .infinity, predicted: 1).failure != nil)
  }

  @Test func parity() {
    #expect(
      report(measured: 1, predicted: 1, program: 0.5).failure
        == "the fast path differs from the graph by 0.500 (node 'up'), over 0.000100")
    #expect(report(measured: 1, predicted: 1, node: 2e-4).failure != nil)
    #expect(report(measured: 1, predicted: 1, program: .nan).failure != nil)
    #expect(report(measured: 1, predicted: 1, program: 1e-4, node: 1e-4).failure == nil)
  }

  @Test func recording() {
    #expect(report(measured: 1, predicted: 1, original: 1e-5).failure == nil)
    #expect(
      report(measured: 1, predicted: 1, original: 0.25).failure
        == "the dense network differs from the recorded one by 0.250, over 0.000100")
    #expect(report(measured: 1, predicted: 1, original: .nan).failure != nil)
  }

  @Test func json() {
    let failed = report(measured: 9, predicted: 1).json
    #expect(failed["kept_promise"]?.bool == false)
    #expect(report(measured: 1, predicted: 1).json["kept_promise"]?.bool == true)
    #expect(failed["proof"]?["uniform_mse"] == nil)
    // JSON has no word for what is not finite.
    #expect(report(measured: .infinity, predicted: 1).json["proof"]?["measured_mse"] == .null)
  }

  @Test func ranges() throws {
    let report = try Converted().report
    #expect(report.ranges.map(\.steps).flatMap(Array.init) == Array(0..<8))
    for (line, variant) in zip(report.ranges, report.manifest.variants) {
      #expect(line.sparsity == variant.sparsity)
    }
    #expect(report.ranges.first?.timesteps.upperBound == 875)
    #expect(report.ranges.last?.timesteps.lowerBound == 0)
  }
}

/// Progress, and what is done with it.
@Suite struct ConversionProgressTests {
  private final class Log: @unchecked Sendable {
    var stages: [String] = []
    var broken = false
  }

  /// Time left is told from these names: a stage that is not among them would be silent.
  @Test(arguments: CalibrationOptions.Influence.allCases)
  func stagesAreThoseAnnounced(influence: CalibrationOptions.Influence) throws {
    let log = Log()
    _ = try Converted(
      nil, { $0.calibration.influence = influence },
      progress: { progress in
        if log.stages.last != progress.stage { log.stages.append(progress.stage) }
        if !(1...progress.total).contains(progress.done) { log.broken = true }
      })
    var seen: [String] = []
    for stage in log.stages where !seen.contains(stage) { seen.append(stage) }
    let announced = tinyOptions { $0.calibration.influence = influence }.stages.map(\.name)
    #expect(seen == announced)
    #expect(!log.broken)
  }

  /// An interrupt is a throwing handler, at whichever stage.
  @Test(arguments: tinyOptions().stages.map(\.name)) func interrupted(stage: String) throws {
    struct Stop: Error {}
    let directory = try TemporaryDirectory()
    let kept = try directory.file("out.mosaic", [1, 2])
    let conversion = Conversion(
      try tinyModel(), options: tinyOptions(),
      progress: { if $0.stage == stage { throw Stop() } })
    #expect(throws: Stop.self) { try conversion.run(to: kept) }
    #expect(try directory.names() == ["out.mosaic"])
  }
}
