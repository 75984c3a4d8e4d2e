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
  /// What the variants were made from.
  let shipped: ShippedWeights

  /// - Parameter shipped: By default the checkpoint's weights as they are.
  init(
    imported: ImportedModel, subject: CalibrationSubject, variants: [RangeVariant],
    shipped: ShippedWeights? = nil
  ) {
    self.imported = imported
    self.subject = subject
    self.variants = variants
    self.shipped = shipped ?? ShippedWeights(subject.dense, groups: subject.groups)
  }

  /// - Parameter manifest: Everything but groups, variants, tensors and chunks. Where it has plans,
  ///   their variants are places in `variants`, and programs name the units that steps may reuse.
  /// - Parameter forecasts: Of each plan [step][unit], what reused values are made of.
  func write(
    _ manifest: Manifest, forecasts: [[[ValueForecast?]]] = [], to path: String,
    compression: Compression, replacing: Bool
  ) throws {
    var manifest = manifest
    manifest.groups = subject.groups.enumerated().map(describe)
    var writer = try BundleWriter(
      path: path, compression: compression, threads: subject.options.threads,
      replacing: replacing)
    var stored: [String: Int] = [:]
    let units = manifest.plans.isEmpty ? [] : reusableUnits
    for (number, variant) in variants.enumerated() {
      let name = "range-\(number)"
      let lowered = try variant.network.graph.lowered(reusing: units)
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
    for (number, forecasts) in forecasts.enumerated() {
      let (values, maps) = manifest.plans[number].pack(forecasts)
      guard !values.isEmpty else { continue }
      manifest.plans[number].forecasts = try writer.add(
        name: "plan-\(number)/forecasts", TensorView(values, shape: [values.count]))
      guard let rank = forecasts.joined().lazy.compactMap({ $0?.correction?.rank }).first
      else { continue }
      let tensor = try writer.add(
        name: "plan-\(number)/maps",
        TensorView(maps, shape: [maps.count], storedAs: .bf16))
      manifest.plans[number].maps = SamplingPlan.Maps(tensor: tensor, rank: rank)
    }
    try writer.finish(manifest)
  }

  /// Of the dense network; what pruning removed is in no variant's program.
  private var reusableUnits: [ReusableUnit] {
    let graph = subject.dense.graph
    let state = graph.inputs.first { graph[$0].name == subject.model.sampleInput }
    return state.map { ReuseUnits(of: graph, state: $0).units } ?? []
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
      let tensor = try storeDense(id, name, in: &writer, &stored)
      let shape = subject.dense.graph[id].type.shape(batch: 1)
      let isWhole = rows.count == shipped.rowCount(id, shape)
      return Manifest.WeightSource(tensor: tensor, axis: 0, runs: isWhole ? [] : runs(of: rows))
    case .values, .added:
      let shape = network.graph[id].type.shape(batch: 1)
      let values = network.weight(id, of: shipped.network).array
      let tensor = try writer.add(
        name: "\(variant)/\(name)", shipped.stored(id, refitted: values, shape: shape))
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
    let index = try writer.add(name: name, shipped.stored(id, original: view))
    stored[name] = index
    return index
  }

  // MARK: Description

  private func describe(_ number: Int, _ group: PruningGroup) -> Manifest.Group {
    let graph = subject.dense.graph
    // The file knows units that lie one after the other along the whole of an axis; what lies
    // otherwise is stored and read all the same, but belongs to no group there.
    let isPlain = group.isPlain(in: graph)
    return Manifest.Group(
      name: group.name, kind: group.kind.rawValue, unitCount: group.unitCount,
      unitSize: group.unitSize, producers: isPlain ? group.producers.map { graph[$0].name } : [],
      consumer: isPlain ? graph[group.consumer].name : "", macsPerUnit: group.macsPerUnit,
      order: shipped.order(ofGroup: number))
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
