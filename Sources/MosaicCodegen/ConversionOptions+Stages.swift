public import MosaicAnalysis

extension CalibrationOptions {
  /// The stages of a calibration in the order they run, each with its work in forwards of one
  /// sample: what time left is told from.
  ///
  /// - Parameter hasMoments: Whether the moments are there already.
  public func stages(hasMoments: Bool = false) -> [(name: String, weight: Double)] {
    let steps = Double(steps)
    let held = Double(sensitivitySamples)
    let finishing = held * steps * (steps - 1) / 2
    let probed =
      influence == .measured
      ? probes.indices.map {
        (name: "influence \($0 + 1)/\(probes.count)", weight: finishing)
      } : []
    // Products in f64 cost about as much again as the forwards they are taken from.
    let moments = [(name: "statistics", weight: 2.5 * Double(statisticsSamples) * steps)]
    return (hasMoments ? [] : moments) + [
      ("trajectories", held * steps),
      ("sensitivity", steps * (held * Double(levels.count) + 32 * 16)),
    ] + probed
  }
}

extension ConversionOptions {
  /// The stages in the order they run, each with its work in forwards of one sample.
  public var stages: [(name: String, weight: Double)] {
    let steps = Double(calibration.steps)
    let proof = Double(proofSamples) * steps
    // Often drawn a second time: see HeldOutSamples.
    let predicted = 2 * Double(calibration.predictionSamples) * steps
    let measured =
      statistics?.file.sensitivity == nil
      ? calibration.stages(hasMoments: statistics != nil) : []
    let search =
      allocation.schedule == .evolution ? [(name: "evolution", weight: 200 * 16 * steps)] : []
    // What searches down to 0.4 were seen to take, in dense trajectories a sample.
    let trajectories: Double = probe.isScreened ? 60 : 250
    let planned =
      levers == .plain
      ? [] : [(name: "plan", weight: trajectories * Double(probe.samples) * steps)]
    return measured + search + planned + [
      ("pruning", 2000), ("prediction: dense", predicted), ("prediction", 2 * predicted),
      ("pruning: uniform", 2000), ("proof: dense", proof), ("proof: mosaic", proof),
      ("proof: uniform", proof),
    ]
  }
}
