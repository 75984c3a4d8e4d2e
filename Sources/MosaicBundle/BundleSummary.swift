public import MosaicCore

/// What `inspect` says of a bundle, for people and for machines.
public struct BundleSummary: Sendable {
  private let reader: BundleReader
  private var manifest: Manifest { reader.manifest }

  public init(_ reader: BundleReader) { self.reader = reader }

  // MARK: For people

  public var text: String {
    let schedule = manifest.schedule
    let lines = [
      "\(printable(reader.path, limit: 400)): \(printable(manifest.model.architecture)), "
        + "\(manifest.variants.count) variants, \(byteText(reader.fileSize))",
      "made by \(printable(manifest.generator)), seed \(manifest.provenance.seed); "
        + "\(printable(schedule.kind)) schedule, \(printable(schedule.criterion)), "
        + "budget \(significant(schedule.budget)) of the dense MACs; "
        + "\(printable(schedule.sampler)), \(schedule.steps) steps, "
        + "guidance \(significant(schedule.guidance)), "
        + "\(printable(schedule.influence)) influence",
      rangeTable,
      proofText,
    ]
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var rangeTable: String {
    var table = TextTable(
      header: [
        "range", "log-SNR", "steps", "timesteps", "sparsity", "MACs/forward", "of dense",
        "own bytes",
      ])
    for (number, variant) in manifest.variants.enumerated() {
      let steps = steps(of: number)
      table.add([
        printable(variant.name),
        "\(fixed(variant.logSNRLower, 2)) .. \(fixed(variant.logSNRUpper, 2))",
        steps.isEmpty ? "-" : "\(steps[0])..\(steps[steps.count - 1])",
        timesteps(of: steps), fixed(variant.sparsity, 3),
        countText(Double(variant.macsPerSample)), fixed(macShare(of: variant), 3),
        byteText(ownBytes(of: number)),
      ])
    }
    return table.text
  }

  private var proofText: String {
    guard let proof = manifest.proof else { return "no proof: this bundle was never measured" }
    let dense = Double(max(proof.denseMACs, 1))
    return [
      "MACs a sample: dense \(countText(Double(proof.denseMACs))), "
        + "mosaic \(countText(Double(proof.mosaicMACs))) "
        + "(\(fixed(Double(proof.mosaicMACs) / dense, 3)))",
      "final error against dense, \(proof.samples) fresh samples: "
        + "\(significant(proof.measuredMSE)) ± \(significant(proof.standardError, 2)) mean, "
        + "\(significant(proof.median)) median; predicted \(significant(proof.predictedMSE)); "
        + "uniform \(significant(proof.uniformMeasuredMSE))",
      "parity: fast path \(significant(proof.parityMaxRelative, 2)), "
        + "single operations \(significant(proof.parityOpSamplesMax, 2)); "
        + (proof.comparedWithOriginal
          ? "compared with the original framework"
          : "not compared with the original framework"),
    ].joined(separator: "\n")
  }

  /// The pruning groups with the units every variant keeps.
  public var groupText: String {
    var table = TextTable(
      header: ["group", "kind", "units", "MACs/unit"] + manifest.variants.map { printable($0.name) }
    )
    for (index, group) in manifest.groups.enumerated() {
      table.add(
        [
          printable(group.name), printable(group.kind), "\(group.unitCount)",
          countText(Double(group.macsPerUnit)),
        ] + manifest.variants.map { "\(keptUnits(of: index, in: $0))" })
    }
    return table.text
  }

  // MARK: For machines

  /// The keys are documented in `docs/command-line.md`.
  public var json: JSONValue {
    let schedule = manifest.schedule
    var result: [(String, JSONValue)] = [
      ("schema", "mosaic.inspect/1"),
      ("kind", "bundle"),
      ("generator", JSONValue(manifest.generator)),
      ("content_digest", JSONValue(hexadecimal(reader.contentDigest))),
      ("file_bytes", JSONValue(reader.fileSize)),
      ("architecture", JSONValue(manifest.model.architecture)),
      ("sample_shape", JSONValue(manifest.model.sampleShape.map { JSONValue($0) })),
      ("class_names", JSONValue(manifest.model.classNames.map { JSONValue($0) })),
      ("seed", JSONValue(.init(String(manifest.provenance.seed)))),
      ("arguments", JSONValue(manifest.provenance.arguments.map { JSONValue($0) })),
      (
        "schedule",
        object([
          ("kind", JSONValue(schedule.kind)), ("criterion", JSONValue(schedule.criterion)),
          ("budget", JSONValue(schedule.budget)), ("influence", JSONValue(schedule.influence)),
          ("sampler", JSONValue(schedule.sampler)), ("steps", JSONValue(schedule.steps)),
          ("guidance", JSONValue(schedule.guidance)),
          ("per_step", JSONValue(schedule.perStep.map(json(of:)))),
        ])
      ),
      ("variants", JSONValue(manifest.variants.indices.map(variantJSON))),
      ("groups", JSONValue(manifest.groups.indices.map(groupJSON))),
    ]
    if let proof = manifest.proof { result.append(("proof", json(of: proof))) }
    return object(result)
  }

  private func object(_ fields: [(String, JSONValue)]) -> JSONValue {
    .object(JSONObject(fields))
  }

  private func json(of step: Manifest.Schedule.Step) -> JSONValue {
    object([
      ("timestep", JSONValue(step.timestep)), ("log_snr", JSONValue(step.logSNR)),
      ("variant", JSONValue(step.variant)), ("sparsity", JSONValue(step.sparsity)),
      ("influence", JSONValue(step.influence)),
      ("predicted_own_mse", JSONValue(step.predictedError)),
    ])
  }

  private func variantJSON(_ number: Int) -> JSONValue {
    let variant = manifest.variants[number]
    let steps = steps(of: number)
    return object([
      ("name", JSONValue(variant.name)),
      ("log_snr_lower", JSONValue(variant.logSNRLower)),
      ("log_snr_upper", JSONValue(variant.logSNRUpper)),
      ("steps", JSONValue(steps.map { JSONValue($0) })),
      ("sparsity", JSONValue(variant.sparsity)),
      ("macs_per_forward", JSONValue(variant.macsPerSample)),
      ("own_bytes", JSONValue(ownBytes(of: number))),
    ])
  }

  private func groupJSON(_ index: Int) -> JSONValue {
    let group = manifest.groups[index]
    return object([
      ("name", JSONValue(group.name)), ("kind", JSONValue(group.kind)),
      ("units", JSONValue(group.unitCount)), ("unit_size", JSONValue(group.unitSize)),
      ("macs_per_unit", JSONValue(group.macsPerUnit)),
      (
        "kept",
        JSONValue(manifest.variants.map { JSONValue(keptUnits(of: index, in: $0)) })
      ),
    ])
  }

  private func json(of proof: Manifest.Proof) -> JSONValue {
    object([
      ("samples", JSONValue(proof.samples)),
      ("predicted_mse", JSONValue(proof.predictedMSE)),
      ("measured_mse", JSONValue(proof.measuredMSE)),
      ("standard_error", JSONValue(proof.standardError)),
      ("median_mse", JSONValue(proof.median)),
      ("uniform_mse", JSONValue(proof.uniformMeasuredMSE)),
      ("macs", JSONValue(proof.mosaicMACs)),
      ("dense_macs", JSONValue(proof.denseMACs)),
      ("uniform_macs", JSONValue(proof.uniformMACs)),
      ("parity", JSONValue(proof.parityMaxRelative)),
      ("operation_parity", JSONValue(proof.parityOpSamplesMax)),
      ("compared_with_original", JSONValue(proof.comparedWithOriginal)),
    ])
  }

  // MARK: Derived

  private func steps(of variant: Int) -> [Int] {
    manifest.schedule.perStep.indices.filter {
      manifest.schedule.perStep[$0].variant == variant
    }
  }

  private func timesteps(of steps: [Int]) -> String {
    guard let first = steps.first, let last = steps.last else { return "-" }
    let perStep = manifest.schedule.perStep
    return "\(timestepText(perStep[first].timestep))..\(timestepText(perStep[last].timestep))"
  }

  private func timestepText(_ timestep: Double) -> String {
    timestep == timestep.rounded() ? fixed(timestep, 0) : significant(timestep, 6)
  }

  /// Of a dense forward: the kept units' saving, from the groups' own costs.
  private func macShare(of variant: Manifest.Variant) -> Double {
    let saved = manifest.groups.enumerated().reduce(0) { sum, pair in
      let gone = pair.element.unitCount - keptUnits(of: pair.offset, in: variant)
      return sum + gone * pair.element.macsPerUnit
    }
    let dense = variant.macsPerSample + saved
    return dense > 0 ? Double(variant.macsPerSample) / Double(dense) : 1
  }

  private func keptUnits(of group: Int, in variant: Manifest.Variant) -> Int {
    variant.kept.first { $0.group == group }?.runs.reduce(0) { $0 + $1.count }
      ?? manifest.groups[group].unitCount
  }

  /// Bytes of tensors that no other variant reads.
  private func ownBytes(of number: Int) -> Int {
    let others = Set(
      manifest.variants.enumerated().filter { $0.offset != number }
        .flatMap { $0.element.weights.map(\.tensor) })
    let own = Set(manifest.variants[number].weights.map(\.tensor)).subtracting(others)
    return own.reduce(0) { sum, tensor in
      sum + manifest.tensors[tensor].pieces.reduce(0) { $0 + $1.byteCount }
    }
  }
}
