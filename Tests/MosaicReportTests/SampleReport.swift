import Foundation

@testable import MosaicReport

/// A report as a conversion of a small transformer gives one: 20 DDIM steps, four ranges, the last
/// step's output not used.
func sampleReport() -> ReportData {
  var data = ReportData(
    heading: .init(
      model: "glyph-dit", sampler: "ddim", steps: 20, budget: "0.75 of the dense MACs",
      schedule: "solved", criterion: "obs", version: "mosaic 0.2.0"))
  data.sparsityLevels = [0.125, 0.25, 0.5, 0.75]
  data.steps = sampleSteps()
  data.ranges = [
    .init(name: "range-0", steps: 0..<3, sparsity: 0.409, macShare: 0.608),
    .init(name: "range-1", steps: 3..<7, sparsity: 0.300, macShare: 0.713),
    .init(name: "range-2", steps: 7..<15, sparsity: 0.192, macShare: 0.816),
    .init(name: "range-3", steps: 15..<20, sparsity: 0.249, macShare: 0.762),
  ]
  data.groups = sampleGroups()
  data.grids = [
    .init(caption: "Dense", png: samplePNG(seed: 1)),
    .init(caption: "Mosaic", png: samplePNG(seed: 2)),
    .init(caption: "Difference, ten times as strong", png: samplePNG(seed: 3)),
  ]
  data.pareto = samplePareto()
  data.scoreName = "Fréchet distance"
  var proof = ReportData.Proof(samples: 256, measured: 0.000129)
  proof.predicted = 0.000135
  proof.standardError = 2.0e-5
  proof.median = 6.34e-5
  proof.uniform = 0.00612
  proof.uniformStandardError = 0.00031
  proof.denseMACs = 2.02e9
  proof.mosaicMACs = 1.515e9
  proof.denseSeconds = 4.31
  proof.mosaicSeconds = 3.52
  proof.parity = 1.7e-7
  data.proof = proof
  return data
}

/// 50 steps, twelve ranges, 112 groups with long names: what has little room.
func largeReport() -> ReportData {
  var data = sampleReport()
  let steps = sampleSteps()
  data.steps = (0..<50).map { index in
    var step = steps[index * 20 / 50]
    step.timestep = 999 - 20.387 * Double(index)
    return step
  }
  data.heading.steps = 50
  data.ranges = (0..<12).map { range in
    .init(
      name: "range-\(range)", steps: range * 4..<(range == 11 ? 50 : range * 4 + 4),
      sparsity: 0.6 - 0.04 * Double(range), macShare: 0.4 + 0.04 * Double(range))
  }
  data.groups = (0..<112).map { group in
    let dense = 1e9 * Double(group % 7 + 1)
    return ReportData.Group(
      name: "down_blocks.\(group / 28).attentions.\(group % 28).transformer_blocks.0.ff.net.2",
      kind: "neurons", denseMACs: dense,
      keptMACs: (0..<12).map { dense * (0.4 + 0.04 * Double($0)) })
  }
  data.pareto = (0..<10).map { series in
    ParetoSeries(
      name: "a series with a long name, number \(series)",
      points: [0.4, 0.6, 0.8].map {
        .init(macShare: $0, error: Estimate(1e-4 * (1 + 0.1 * Double(series)) / $0))
      })
  }
  return data
}

private func sampleSteps() -> [ReportData.Step] {
  let logSNR = [
    -9.15, -8.22, -7.33, -6.50, -5.71, -4.97, -4.28, -3.64, -3.04, -2.47,
    -1.94, -1.43, -0.93, -0.43, 0.09, 0.65, 1.30, 2.14, 3.47, 9.21,
  ]
  let influence = [
    0.578, 0.500, 0.486, 0.500, 0.503, 0.504, 0.489, 0.372, 0.403, 0.362,
    0.315, 0.285, 0.223, 0.202, 0.170, 0.120, 0.103, 0.0985, 0.166, 0,
  ]
  // Errors at sparsity 0.25; those at other levels follow the exponential that fits amplitudes.
  let error = [
    1.5e-6, 1.7e-6, 1.9e-6, 2.2e-6, 2.4e-6, 3.1e-6, 4.5e-6, 5.2e-6, 5.1e-6, 5.9e-6,
    7.1e-6, 9.3e-6, 1.3e-5, 2.1e-5, 3.5e-5, 8.3e-5, 9.8e-5, 1.27e-4, 1.68e-4, 2.1e-4,
  ]
  var state = 0.0
  return logSNR.indices.map { index in
    var step = ReportData.Step(timestep: Double(950 - 50 * index), logSNR: logSNR[index])
    let middle = Double(index) - 12.5
    step.learningSpeed = exp(-middle * middle / 40)
    step.sensitivity = [0.125, 0.25, 0.5, 0.75].map { level in
      let factor = (exp(4 * level) - 1) / (exp(1) - 1)
      let value = error[index] * factor * factor
      return Estimate(value, lower: value * 0.72, upper: value * 1.36)
    }
    step.influence = Estimate(
      influence[index], lower: influence[index] * 0.86, upper: influence[index] * 1.15)
    step.sparsity = [0.52, 0.41, 0.33, 0.34, 0.31, 0.29, 0.26][min(index, 6)]
    if index > 6 { step.sparsity = 0.24 - 0.004 * abs(Double(index) - 14) * 2 }
    step.predictedError = influence[index] * influence[index] * error[index] * 7.15
    state += (step.predictedError ?? 0) * 0.95
    step.measuredError = index == 19 ? 1.29e-4 : state
    step.needsForward = index != 19
    return step
  }
}

private func sampleGroups() -> [ReportData.Group] {
  let heads: [[Double]] = [
    [4, 4, 4, 4], [4, 7, 8, 8], [5, 8, 8, 8], [4, 8, 8, 8],
    [4, 5, 8, 8], [2, 3, 8, 8], [4, 5, 8, 7], [2, 2, 5, 3],
  ]
  let neurons: [[Double]] = [
    [989, 969, 868, 644], [1024, 1024, 1024, 1024], [849, 992, 1024, 1024],
    [899, 1003, 1023, 1024],
    [695, 851, 1020, 1024], [503, 611, 946, 854], [440, 444, 361, 159], [23, 30, 1, 11],
  ]
  return (0..<8).flatMap { block in
    [
      ReportData.Group(
        name: "transformer_blocks.\(block).attn1.to_out.0", kind: "heads", denseMACs: 8 * 541e3,
        keptMACs: heads[block].map { $0 * 541e3 }),
      ReportData.Group(
        name: "transformer_blocks.\(block).ff.net.2", kind: "neurons", denseMACs: 1024 * 8190,
        keptMACs: neurons[block].map { $0 * 8190 }),
    ]
  }
}

private func samplePareto() -> [ParetoSeries] {
  let shares = [0.5, 0.625, 0.75, 0.875]
  func series(_ name: String, _ errors: [Double], _ scores: [Double]?, baseline: Bool = false)
    -> ParetoSeries
  {
    let points = errors.indices.map { index in
      ParetoSeries.Point(
        macShare: shares[index],
        error: Estimate(errors[index], standardError: errors[index] * 0.09),
        score: scores?[index])
    }
    return ParetoSeries(name: name, points: points, isBaseline: baseline)
  }
  return [
    series("solved", [0.0091, 0.0031, 0.00074, 0.00016], [341, 312, 297, 293]),
    series("paper", [0.0174, 0.0068, 0.0021, 0.00058], [402, 341, 309, 296]),
    series("evolution", [0.0095, 0.0034, 0.00079, 0.00018], [345, 315, 298, 293]),
    series("uniform", [0.0216, 0.0121, 0.0061, 0.0021], [436, 366, 324, 301]),
    series("magnitude", [0.19, 0.13, 0.071, 0.022], nil),
    series(
      "dense, fewer steps", [0.00124, 0.00066, 0.00021, 0.00008], [370, 340, 317, 301],
      baseline: true),
  ]
}
