internal import MosaicCore
internal import MosaicRuntime
internal import MosaicSurgery

extension CalibrationSubject {
  /// Units to remove from each group for a share `sparsity` of their multiply-accumulates: where
  /// losses are known, spread so that the output suffers least; else alike.
  public func removals(
    sparsity: Double, orders: RemovalOrders, groupGains: [GroupGain]
  ) -> [Int] {
    guard let curves = orders.lossCurves, !groupGains.isEmpty else {
      return uniformRemovals(of: groups, sparsity: sparsity)
    }
    let losses = groups.indices.map { index in
      groupGains[index].errors(of: curves[index], half: groups[index].halfCount)
    }
    return spreadRemovals(of: groups, losses: losses, sparsity: sparsity)
  }

  /// What a group's loss in its consumer comes to in the network's output, group by group: the
  /// measured error with half of its units gone, and with as many as may go, over the loss that the
  /// refit names for it.
  ///
  /// Empty where the criterion knows no losses.
  func measureGroupGains(
    _ orders: RemovalOrders, in steps: Range<Int>, on base: DenseTrajectories
  ) throws -> [GroupGain] {
    guard let curves = orders.lossCurves else { return [] }
    func gains(removing counts: [Int]) throws -> [Double] {
      let networks = try orders.networks(
        removing: groups.indices.map { index in
          groups.indices.map { $0 == index ? counts[index] : 0 }
        })
      return try groups.indices.map { index in
        let loss = curves[index][counts[index]]
        return loss > 0 ? try meanError(of: networks[index], in: steps, on: base) / loss : 0
      }
    }
    let half = try gains(removing: groups.map(\.halfCount))
    let most = try gains(removing: curves.map { $0.count - 1 })
    return zip(half, most).map { GroupGain(half: $0, most: $1) }
  }

  /// The mean squared error of a network's output on the dense states of `steps`.
  private func meanError(
    of network: PrunedNetwork, in steps: Range<Int>, on base: DenseTrajectories
  ) throws -> Double {
    let pruned = try predictor(of: network)
    // Gains are ratios: fewer samples do than for the errors themselves.
    let part = base.part(0..<min(base.labels.count, 32))
    var error = 0.0
    for step in steps where trajectory.steps[step].needsForward {
      let output = pruned.predict(
        states: sampler.networkInput(part.states[step], step: step),
        timestep: trajectory.steps[step].timestep, labels: part.labels)
      error += meanSquare(output, part.outputs[step])
    }
    return error / Double(steps.count)
  }
}

extension PruningGroup {
  /// Half of its units, where gains are measured.
  fileprivate var halfCount: Int { max(1, unitCount / 2) }
}
