internal import MosaicCore

/// What `inspect` says of a bundle, for people and for machines.
///
/// All of it comes from the manifest: no tensor is read.
public struct BundleSummary: Sendable {
  let reader: BundleReader
  /// One for each stored tensor.
  let uses: [TensorUse]
  var manifest: Manifest { reader.manifest }

  public init(_ reader: BundleReader) {
    self.reader = reader
    uses = reader.manifest.tensorUses()
  }

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
      sharingText,
      planLines,
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
        byteText(weightBytes(of: number).own),
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

  // MARK: Derived

  func steps(of variant: Int) -> [Int] {
    manifest.schedule.perStep.indices.filter {
      manifest.schedule.perStep[$0].variant == variant
    }
  }

  private func timesteps(of steps: [Int]) -> String {
    guard let first = steps.first, let last = steps.last else { return "-" }
    let perStep = manifest.schedule.perStep
    return "\(timestepText(perStep[first].timestep))..\(timestepText(perStep[last].timestep))"
  }

  /// Of a dense forward: the kept units' saving, from the groups' own costs.
  private func macShare(of variant: Manifest.Variant) -> Double {
    let saved = manifest.groups.enumerated().reduce(0.0) { sum, pair in
      let gone = pair.element.unitCount - keptUnits(of: pair.offset, in: variant)
      return sum + Double(gone) * Double(pair.element.macsPerUnit)
    }
    let dense = Double(variant.macsPerSample) + saved
    return dense > 0 ? Double(variant.macsPerSample) / dense : 1
  }

  func keptUnits(of group: Int, in variant: Manifest.Variant) -> Int {
    variant.kept.first { $0.group == group }?.runs.reduce(0) { $0 + $1.count }
      ?? manifest.groups[group].unitCount
  }

  /// Bytes, before compression, of the tensors that a variant reads: those that no other variant
  /// reads, and those it shares.
  func weightBytes(of number: Int) -> (own: Int, shared: Int) {
    var result = (own: 0, shared: 0)
    for (tensor, use) in zip(manifest.tensors, uses)
    where use.variants.contains(number) {
      if use.isShared {
        result.shared += tensor.byteCount
      } else {
        result.own += tensor.byteCount
      }
    }
    return result
  }
}
