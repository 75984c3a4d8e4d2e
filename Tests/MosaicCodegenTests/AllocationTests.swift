import MosaicAllocation
import MosaicAnalysis
import MosaicBundle
import MosaicCore
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicCodegen

/// Budgets in other units, other ways to schedules, and calibrations that are read.
@Suite struct AllocationTests {
  private func calibration() throws -> Calibration {
    try Conversion(try tinyModel(), options: tinyOptions()) { _ in }.calibrate()
  }

  @Test func bytesAreKept() throws {
    let calibration = try calibration()
    let dense = calibration.subject.bundleSize(storedAs: nil).dense
    // What the checkpoint's own tensors take, to the byte.
    let weights = try tinyModel().weights
    let used = calibration.subject.dense.graph.weights
      .compactMap { weights.tensor(calibration.subject.dense.graph[$0].name)?.bytes.count }
    #expect(dense == used.reduce(0, +))
    let converted = try Converted {
      $0.allocation.budget = .bytes(dense * 3 / 4)
      $0.allocation.ranges = .exactly(2)
    }
    let stored = converted.bundle.manifest.tensors.reduce(0) { sum, tensor in
      sum + tensor.shape.reduce(1, *) * tensor.dataType.byteWidth
    }
    #expect(stored <= dense * 3 / 4)
    #expect(Double(stored) >= 0.9 * Double(dense * 3 / 4))
    #expect(converted.report.schedule.target == .bytes(dense * 3 / 4))
  }

  @Test func errorsAreKept() throws {
    let converted = try Converted { $0.allocation.budget = .error(1e-4) }
    #expect(converted.report.schedule.predictedError <= 1e-4)
    #expect(converted.report.schedule.costShare < 1)
    let tighter = try Converted { $0.allocation.budget = .error(1e-6) }
    #expect(tighter.report.schedule.costShare > converted.report.schedule.costShare)
  }

  /// Times given in a table, so that nothing depends on this machine.
  @Test func millisecondsAreKept() throws {
    let latency = try LatencyModel(points: [
      LatencyModel.Point(sparsity: 0, milliseconds: 2),
      LatencyModel.Point(sparsity: 1, milliseconds: 0.5),
    ])
    let converted = try Converted {
      $0.allocation.budget = .milliseconds(8 * 1.5)
      $0.allocation.latency = latency
    }
    #expect(abs((converted.report.schedule.milliseconds ?? 0) - 12) <= 0.01)
    // The table is in the bundle, and can be taken back.
    let arguments = converted.bundle.manifest.provenance.arguments
    let place = try #require(arguments.firstIndex(of: "--cost-model"))
    #expect(try LatencyModel(parsing: arguments[place + 1], file: "kept").points == latency.points)
  }

  @Test func measuresThisMachine() throws {
    let latency = try calibration().measureLatency(samples: 4, rounds: 3) { _ in }
    #expect(latency.points.map(\.sparsity) == [0, 0.25, 0.5, 0.75, 0.875])
    #expect(latency.points.allSatisfy { $0.milliseconds > 0 })
    #expect(latency.largestError.isFinite && latency.milliseconds(at: 0) > 0)
  }

  @Test func rangesAreChosen() throws {
    let converted = try Converted { $0.allocation.ranges = .automatic(atMost: 10) }
    #expect((1...8).contains(converted.report.ranges.count))
    #expect(converted.report.proof.measured.mean.isFinite)
  }

  @Test func evolutionKeepsTheBudget() throws {
    let calibration = try calibration()
    var options = AllocationOptions()
    options.budget = .macs(0.7)
    let request = try calibration.request(
      options, costs: try calibration.subject.costs(latency: nil, storedAs: nil))
    var measured = 0
    let schedule = try calibration.evolve(request, evaluations: 30) { progress in
      if progress.stage == "evolution" { measured = progress.done }
    }
    #expect(schedule.kind == .evolution && measured == 30)
    #expect(schedule.costShare <= 0.7 + 1e-9 && schedule.costShare > 0.6)
    let again = try calibration.evolve(request, evaluations: 30) { _ in }
    #expect(again == schedule)
  }

  @Test func scheduleByHand() throws {
    let text = """
      {"schema": "mosaic.schedule/1", "ranges": [
        {"steps": 4, "sparsity": 0.5}, {"timesteps": [400, 0], "sparsity": 0}]}
      """
    let file = try ScheduleFile(parsing: text, file: "hand.json")
    let converted = try Converted {
      $0.allocation.scheduleFile = file
      $0.allocation.schedule = .file
      $0.allocation.budget = .macs(1)
    }
    #expect(converted.bundle.manifest.schedule.kind == "file")
    #expect(converted.report.ranges.map(\.sparsity) == [0.5, 0])
    #expect(converted.report.ranges.map(\.steps) == [0..<4, 4..<8])
  }

  @Test func protectsEarlySteps() throws {
    let plain = try Converted { $0.allocation.budget = .macs(0.6) }
    let spared = try Converted {
      $0.allocation.budget = .macs(0.6)
      $0.allocation.earlyProtection = 1e6
    }
    let early = { (report: ConversionReport) in report.schedule.sparsities[0] }
    #expect(early(spared.report) <= early(plain.report))
    #expect(spared.report.schedule.predictedError >= plain.report.schedule.predictedError)
  }

  /// What was read gives the bundle that measuring gives, to the byte.
  @Test func statisticsTakeThePlaceOfMeasuring() throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/a.stats"
    let options = tinyOptions()
    let calibrator = try Calibrator(
      try tinyModel(), options: options.calibration, progress: { _ in })
    try calibrator.complete(try calibrator.gather(), path: "tiny").write(to: path)
    let file = try StatisticsFile(path: path)
    let measured = try Converted()
    let read = try Converted { options in
      options.statistics = (path, file)
      options.calibration = file.options(completing: options.calibration)
    }
    #expect(read.bundle.contentDigest == measured.bundle.contentDigest)
    let other = #expect(throws: StatisticsError.self) {
      try Converted(try tinyModel("tiny-dit-bf16")) { options in
        options.statistics = (path, file)
        options.calibration = file.options(completing: options.calibration)
      }
    }
    guard case .differs("checkpoint", _, _) = other?.reason else {
      Issue.record("\(other as Any)")
      return
    }
    // The same weights in bf16 are as near as a fine-tune can be.
    let tuned = try Converted(try tinyModel("tiny-dit-bf16")) { options in
      options.statistics = (path, file)
      options.calibration = file.options(completing: options.calibration)
      options.isTransfer = true
    }
    let transfer = try #require(tuned.report.transfer)
    #expect(transfer.share > 0 && transfer.samples == 16)
    #expect(tuned.report.warnings.count == 1)
  }

  /// Samples grow until the schedule is known well enough, or the limit is reached.
  @Test func growsSamples() throws {
    var options = tinyOptions().calibration
    options.sensitivitySamples = 64
    let growth = SampleGrowth(tolerance: 1e-9, maximum: 200, budgets: [0.75], ranges: 2)
    let calibrator = try Calibrator(
      try tinyModel(), options: options, growth: growth, progress: { _ in })
    // 128 columns of neurons, 16 rows a sample and step, 8 buckets of a step: 64 samples at least.
    #expect(calibrator.subject.options.statisticsSamples == 64)
    let file = try calibrator.complete(try calibrator.gather(), path: "tiny")
    #expect(file.sensitivity?.count == 200)
    let loose = try Calibrator(
      try tinyModel(), options: options,
      growth: SampleGrowth(tolerance: 10, maximum: 200, budgets: [0.75], ranges: 2),
      progress: { _ in })
    #expect(try loose.complete(file, path: "tiny").sensitivity?.count == 200)
    #expect(try loose.complete(try loose.gather(), path: "tiny").sensitivity?.count == 64)
  }

  @Test func comparesSchedules() throws {
    let calibration = try calibration()
    var options = ComparisonOptions()
    options.budgets = [0.7]
    options.samples = 8
    options.evaluations = 20
    options.ranges = .exactly(2)
    var scored = 0
    let comparison = try calibration.compare(options, progress: { _ in }) { samples in
      scored += 1
      return "score \(samples.labels.count)"
    }
    let atBudget = comparison.rows.filter { $0.budget == 0.7 }
    #expect(
      atBudget.map(\.name) == [
        "solved", "uniform", "paper", "paper, spread", "paper 600/200", "paper 600/200, spread",
        "evolution", "uniform, magnitude",
        "uniform, random", "fewer steps",
      ])
    #expect(atBudget.allSatisfy { $0.macShare <= 0.7 + 1e-9 && $0.error.mean > 0 })
    // Of eight steps, those on either side of 0.7.
    #expect(
      comparison.rows.filter { $0.budget == nil }.map(\.name) == ["6 steps", "5 steps"])
    #expect(scored == 9 + 2 + 1 && comparison.denseScore == "score 8")
    #expect(comparison.text.contains("solved") && comparison.json["rows"]?.array?.count == 12)
  }
}
