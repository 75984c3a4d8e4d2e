internal import MosaicAllocation
internal import MosaicAnalysis
internal import MosaicCore
internal import MosaicIR
internal import MosaicLowering
internal import MosaicPruning
public import MosaicReport
internal import MosaicRuntime
internal import MosaicSurgery

extension Calibration {
  /// What was measured, as a report shows it: learning speed, sensitivity and influence with
  /// intervals of two standard errors.
  public func reportData(sampler: String) -> ReportData {
    let generator = Conversion.generator
    var data = ReportData(
      heading: ReportData.Heading(
        model: imported.description.architecture, sampler: sampler,
        steps: subject.trajectory.steps.count, criterion: criterion.rawValue,
        version: generator))
    let speeds = (try? learningSpeed()) ?? []
    let resampled = resampled()
    func deviation(_ value: (SensitivityReport) -> Double) -> Double {
      let values = resampled.map(value)
      let mean = values.reduce(0, +) / Double(max(values.count, 1))
      let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (square / Double(max(values.count - 1, 1))).squareRoot()
    }
    data.sparsityLevels = sensitivity.levels
    data.steps = subject.trajectory.steps.enumerated().map { index, step in
      var shown = ReportData.Step(timestep: step.timestep, logSNR: step.logSNR)
      shown.learningSpeed = index < speeds.count ? speeds[index] : nil
      shown.needsForward = step.needsForward
      guard step.needsForward else { return shown }
      shown.sensitivity = sensitivity.levels.indices.map { level in
        Estimate(
          sensitivity.errors[index][level],
          standardError: deviation { $0.errors[index][level] })
      }
      shown.influence = Estimate(
        sensitivity.gains[index], standardError: deviation { $0.gains[index] })
      return shown
    }
    return data
  }
}

extension Conversion.Outcome {
  /// What was converted, as a report shows it.
  public func reportData(sampler: String) -> ReportData {
    var data = calibration.reportData(sampler: sampler)
    let subject = calibration.subject
    data.heading.budget = report.schedule.target.amount
    data.heading.schedule = report.schedule.kind.rawValue
    data.heading.criterion = report.manifest.schedule.criterion
    let shares = stepShares()
    for (index, sparsity) in report.schedule.sparsities.enumerated() {
      data.steps[index].sparsity = sparsity
      data.steps[index].predictedError = shares[index]
      data.steps[index].measuredError = prediction.stateErrors[index]
    }
    data.ranges = report.ranges.enumerated().map { number, range in
      ReportData.StepRange(
        name: "range-\(number)", steps: range.steps, sparsity: range.sparsity,
        macShare: range.macShare)
    }
    data.groups = subject.groups.enumerated().map { number, group in
      let unit = Double(group.macsPerUnit)
      return ReportData.Group(
        name: group.name, kind: group.kind.rawValue, denseMACs: unit * Double(group.unitCount),
        keptMACs: variants.map { unit * Double($0.network.kept[number].count) })
    }
    data.grids = grids
    data.warnings = report.warnings + report.notes
    data.proof = proof
    return data
  }

  /// What each step adds to the predicted final error: its row of the quadratic form, scaled to the
  /// prediction.
  private func stepShares() -> [Double?] {
    let sensitivity = calibration.sensitivity
    guard let model = try? ErrorModel(sensitivity) else {
      return sensitivity.errors.map { _ in nil }
    }
    let shares = model.contributions(report.schedule.sparsities)
    let total = shares.reduce(0, +)
    return shares.map { total > 0 ? max(0, $0) / total * prediction.final.mean : 0 }
  }

  private var proof: ReportData.Proof {
    let measured = report.proof.measured
    var proof = ReportData.Proof(samples: measured.samples, measured: measured.mean)
    proof.predicted = prediction.final.mean
    proof.standardError = measured.standardError
    proof.median = measured.median
    proof.uniform = report.proof.uniform?.mean
    proof.uniformStandardError = report.proof.uniform?.standardError
    proof.denseMACs = calibration.subject.denseMacs
    proof.mosaicMACs = calibration.subject.macs(of: variants)
    proof.denseSeconds = report.proof.denseSeconds
    proof.mosaicSeconds = report.proof.mosaicSeconds
    proof.parity = report.parity.programError
    proof.originalError = report.originalError
    proof.failure = report.failure
    return proof
  }

  /// Dense, mosaic and their difference, where samples are pictures.
  private var grids: [ReportData.SampleGrid] {
    let shape = calibration.subject.model.sampleShape
    let (dense, mosaic) = (report.proof.denseImages, report.proof.mosaicImages)
    let size = shape.reduce(1, *)
    guard [1, 3].contains(shape[0]), !dense.isEmpty else { return [] }
    func grid(_ caption: String, _ images: [Float]) -> ReportData.SampleGrid {
      images.withUnsafeBufferPointer {
        ReportData.SampleGrid(
          caption: caption,
          png: ImageGrid(images: $0, shape: [images.count / size] + shape).png)
      }
    }
    // Grey is no difference; black and white are half of the range.
    let difference = zip(mosaic, dense).map { 2 * ($0 - $1) }
    return [
      grid("dense", dense), grid("mosaic", mosaic),
      grid("difference, twice its size", difference),
    ]
  }
}

extension Comparison {
  /// Adds the Pareto plot: a series a schedule, the dense network in fewer steps among them.
  public func add(to data: inout ReportData, scoreName: String?) {
    var order: [String] = []
    var points: [String: [ParetoSeries.Point]] = [:]
    for row in rows {
      let name = row.budget == nil ? "dense in fewer steps" : row.name
      // Interpolated between whole counts, which are shown.
      if row.name == "fewer steps" { continue }
      if points[name] == nil { order.append(name) }
      points[name, default: []].append(
        ParetoSeries.Point(
          macShare: row.macShare,
          error: Estimate(row.error.mean, standardError: row.error.standardError),
          score: row.score.flatMap(firstNumber), scoreText: row.score))
    }
    data.pareto = order.map { name in
      ParetoSeries(
        name: name, points: points[name] ?? [], isBaseline: name == "dense in fewer steps")
    }
    data.scoreName = scoreName
  }

  /// The number behind "frechet", "fid" or "score", or the only one there is.
  private func firstNumber(_ text: String) -> Double? {
    let words = text.split(separator: " ")
    for (word, next) in zip(words, words.dropFirst())
    where ["frechet", "fid", "score"].contains(word.lowercased()) {
      if let number = Double(next) { return number }
    }
    let numbers = words.compactMap { Double($0) }
    return numbers.count == 1 ? numbers[0] : nil
  }
}
