internal import MosaicCore
internal import MosaicRuntime
internal import MosaicSurgery

extension CalibrationSubject {
  /// Units to remove from each group for a share `sparsity` of their multiply-accumulates: where
  /// losses are known, spread so that the output suffers least; else alike.
  public func removals(
    sparsity: Double, orders: RemovalOrders, groupGains: [Double]
  ) -> [Int] {
    guard let curves = orders.lossCurves, !groupGains.isEmpty else {
      return uniformRemovals(of: groups, sparsity: sparsity)
    }
    let losses = zip(curves, groupGains).map { curve, gain in curve.map { $0 * gain } }
    return spreadRemovals(of: groups, losses: losses, sparsity: sparsity)
  }

  /// What a group's loss in its consumer comes to in the network's output, group by group: the
  /// measured error with half of its units gone, over the loss that the refit names for it.
  ///
  /// Empty where the criterion knows no losses.
  func measureGroupGains(
    _ orders: RemovalOrders, in steps: Range<Int>, on base: DenseTrajectories
  ) throws -> [Double] {
    guard let curves = orders.lossCurves else { return [] }
    let halves = groups.map { max(1, $0.unitCount / 2) }
    let alone = groups.indices.map { index in
      groups.indices.map { $0 == index ? halves[index] : 0 }
    }
    let networks = try orders.networks(removing: alone)
    // Gains are ratios: fewer samples do than for the errors themselves.
    let samples = min(base.labels.count, 32)
    let part = base.part(0..<samples)
    return try networks.enumerated().map { index, network in
      let pruned = try predictor(of: network)
      var error = 0.0
      for step in steps where trajectory.steps[step].needsForward {
        let output = pruned.predict(
          states: sampler.networkInput(part.states[step], step: step),
          timestep: trajectory.steps[step].timestep, labels: part.labels)
        error += meanSquare(output, part.outputs[step])
      }
      let loss = curves[index][halves[index]]
      return loss > 0 ? error / loss / Double(steps.count) : 0
    }
  }
}
