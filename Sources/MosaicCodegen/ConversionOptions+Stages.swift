internal import MosaicAnalysis

extension ConversionOptions {
  /// The stages in the order they run, each with its work in forwards of one sample: what time left
  /// is told from.
  public var stages: [(name: String, weight: Double)] {
    let calibration = calibration
    let steps = Double(calibration.steps)
    let held = Double(calibration.sensitivitySamples)
    let levels = Double(calibration.levels.count)
    let finishing = held * steps * (steps - 1) / 2
    let probes =
      calibration.influence == .measured
      ? calibration.probes.indices.map {
        (name: "influence \($0 + 1)/\(calibration.probes.count)", weight: finishing)
      } : []
    let proof = Double(proofSamples) * steps
    return [
      // Products in f64 cost about as much again as the forwards they are taken from.
      ("statistics", 2.5 * Double(calibration.statisticsSamples) * steps),
      ("trajectories", held * steps),
      ("sensitivity", steps * (held * levels + 32 * 16)),
    ] + probes + [
      ("pruning", 2000), ("prediction: dense", Double(calibration.predictionSamples) * steps),
      ("prediction", finishing / held * Double(calibration.predictionSamples)),
      ("pruning: uniform", 2000), ("proof: dense", proof), ("proof: mosaic", proof),
      ("proof: uniform", proof),
    ]
  }
}
