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
      groupGains[index].errors(of: curves[index], isWhole: groups[index].leastUnits == 0)
    }
    return spreadRemovals(of: groups, losses: losses, sparsity: sparsity)
  }

  /// What a group's loss in its consumer comes to in the network's output, group by group: the
  /// measured error with half of its units gone, and with all where that may be, over the loss that
  /// the refit names for it.
  ///
  /// Empty where the criterion knows no losses.
  ///
  /// - Parameter masking: What consumers behind norms are refitted by.
  func measureGroupGains(
    _ orders: RemovalOrders, in steps: Range<Int>, on base: DenseTrajectories,
    masking: MaskedStatistics
  ) throws -> [GroupGain] {
    guard let curves = orders.lossCurves else { return [] }
    func half(of group: PruningGroup) -> Int {
      group.balance * max(1, group.unitCount / group.balance / 2)
    }
    // A branch behind a norm reads dense values: one run serves all groups, each pruned by itself.
    let masked = try masking.moments(
      keeping: orders.kept(removing: groups.map(half)), steps: steps,
      stepWeights: trajectory.steps.map { $0.needsForward ? 1 : 0 })
    // Gains are ratios: fewer samples do than for the errors themselves.
    let part = base.part(0..<min(base.labels.count, 32))
    func gains(of numbers: [Int], removing count: (PruningGroup) -> Int) throws -> [Double] {
      let networks = try orders.networks(
        removing: numbers.map { number in
          groups.indices.map { $0 == number ? count(groups[$0]) : 0 }
        }, masked: { _ in masked })
      return try zip(numbers, networks).map { number, network in
        let loss = curves[number][count(groups[number])]
        return loss > 0 ? try meanError(of: network, in: steps, on: part) / loss : 0
      }
    }
    let halves = try gains(of: Array(groups.indices), removing: half)
    let removable = groups.indices.filter { groups[$0].leastUnits == 0 }
    var result = halves.map { GroupGain(half: $0, whole: $0) }
    for (number, whole) in zip(removable, try gains(of: removable, removing: \.unitCount)) {
      result[number].whole = whole
    }
    return result
  }

  /// The mean squared error of a network's output on the dense states of `steps`.
  private func meanError(
    of network: PrunedNetwork, in steps: Range<Int>, on base: DenseTrajectories
  ) throws -> Double {
    let pruned = try predictor(of: network)
    var error = 0.0
    for step in steps where trajectory.steps[step].needsForward {
      let output = forward(pruned, [base.states[step]], base.labels, step: step)
      error += meanSquare(output, base.outputs[step])
    }
    return error / Double(steps.count)
  }
}
