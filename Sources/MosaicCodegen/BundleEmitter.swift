internal import MosaicAnalysis
internal import MosaicBundle
internal import MosaicCore
internal import MosaicIR
internal import MosaicImport
internal import MosaicLowering
internal import MosaicPruning
internal import MosaicSurgery

/// Writes variants of one network as a bundle: what they share once, what was refitted a variant.
struct BundleEmitter {
  let imported: ImportedModel
  let subject: CalibrationSubject
  let variants: [RangeVariant]

  /// - Parameter manifest: Everything but groups, variants, tensors and chunks.
  func write(
    _ manifest: Manifest, to path: String, compression: Compression, replacing: Bool
  ) throws {
    var manifest = manifest
    manifest.groups = subject.groups.map(describe)
    var writer = try BundleWriter(path: path, compression: compression, replacing: replacing)
    var stored: [String: Int] = [:]
    for (number, variant) in variants.enumerated() {
      let name = "range-\(number)"
      let lowered = try variant.network.graph.lowered()
      var sources: [Manifest.WeightSource] = []
      for id in lowered.weights {
        sources.append(
          try store(id, of: variant.network, variant: name, in: &writer, &stored))
      }
      let (lower, upper) = logSNRBounds(of: number)
      manifest.variants.append(
        Manifest.Variant(
          name: name, logSNRLower: lower, logSNRUpper: upper, program: lowered.program,
          weights: sources, kept: kept(variant.network), macsPerSample: variant.network.macs,
          sparsity: variant.sparsity))
    }
    try writer.finish(manifest)
  }

  // MARK: Weights

  private func store(
    _ id: ValueID, of network: PrunedNetwork, variant: String,
    in writer: inout BundleWriter, _ stored: inout [String: Int]
  ) throws -> Manifest.WeightSource {
    let name = network.graph[id].name
    switch network.replacements[id] {
    case nil:
      return Manifest.WeightSource(tensor: try storeDense(id, name, in: &writer, &stored))
    case .rows(let rows):
      return Manifest.WeightSource(
        tensor: try storeDense(id, name, in: &writer, &stored), axis: 0, runs: runs(of: rows))
    case .values, .added:
      let shape = network.graph[id].type.shape(batch: 1)
      let values = network.weight(id, of: subject.dense)
      // Small changes of a bias would vanish in half precision; matrices were rounded before.
      let type = shape.count >= 2 ? storedType(id) : .f32
      let tensor = try writer.add(
        name: "\(variant)/\(name)",
        TensorView(values.array, shape: shape, storedAs: type))
      return Manifest.WeightSource(tensor: tensor)
    }
  }

  private func storeDense(
    _ id: ValueID, _ name: String, in writer: inout BundleWriter, _ stored: inout [String: Int]
  ) throws -> Int {
    if let index = stored[name] { return index }
    guard let view = imported.weights.tensor(name) else {
      throw GraphError.missingOutput(name)
    }
    let type = storedType(id)
    let tensor =
      view.dataType == type
      ? view : TensorView(subject.dense.floats(id), shape: view.shape, storedAs: type)
    let index = try writer.add(name: name, tensor)
    stored[name] = index
    return index
  }

  /// The checkpoint's own type where bundles hold it, else f32.
  private func storedType(_ id: ValueID) -> DataType {
    switch subject.dense.storage[id] {
    case .f16: .f16
    case .bf16: .bf16
    default: .f32
    }
  }

  // MARK: Description

  private func describe(_ group: PruningGroup) -> Manifest.Group {
    let graph = subject.dense.graph
    return Manifest.Group(
      name: group.name, kind: group.kind.rawValue, unitCount: group.unitCount,
      unitSize: group.unitSize, producers: group.producers.map { graph[$0].name },
      consumer: graph[group.consumer].name, macsPerUnit: group.macsPerUnit)
  }

  private func kept(_ network: PrunedNetwork) -> [Manifest.KeptUnits] {
    zip(network.kept, subject.groups).enumerated().compactMap { index, pair in
      pair.0.count == pair.1.unitCount
        ? nil : Manifest.KeptUnits(group: index, runs: runs(of: pair.0))
    }
  }

  private func runs(of indices: [Int]) -> [Manifest.Run] {
    var runs: [Manifest.Run] = []
    for index in indices {
      if let last = runs.last, last.start + last.count == index {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Manifest.Run(start: index, count: 1))
      }
    }
    return runs
  }

  /// Where a range begins and ends in noise level: half-way between the steps on either side, so
  /// that it holds for other step counts.
  private func logSNRBounds(of number: Int) -> (Double, Double) {
    func border(before range: Int) -> Double {
      let first = variants[range].steps.lowerBound
      let steps = subject.trajectory.steps
      let (noisier, cleaner) = (steps[first - 1].logSNR, steps[first].logSNR)
      return noisier.isFinite ? (noisier + cleaner) / 2 : cleaner
    }
    return (
      number == 0 ? -.infinity : border(before: number),
      number == variants.count - 1 ? .infinity : border(before: number + 1)
    )
  }
}
