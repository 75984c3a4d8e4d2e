internal import MosaicCore

extension BundleSummary {
  /// What each variant serves, keeps and costs in bytes.
  public var variantText: String {
    var table = TextTable(
      header: [
        "variant", "log-SNR", "steps", "kept units", "MACs/forward", "weights", "own", "shared",
        "own bytes", "shared bytes",
      ])
    for (number, variant) in manifest.variants.enumerated() {
      let read = uses.filter { $0.variants.contains(number) }
      let units = unitCounts(of: variant)
      let bytes = weightBytes(of: number)
      table.add([
        "\(number) \(printable(variant.name))",
        "\(fixed(variant.logSNRLower, 2)) .. \(fixed(variant.logSNRUpper, 2))",
        "\(steps(of: number).count)", "\(units.kept)/\(units.all)",
        countText(Double(variant.macsPerSample)), "\(variant.weights.count)",
        "\(read.count { !$0.isShared })", "\(read.count { $0.isShared })",
        byteText(bytes.own), byteText(bytes.shared),
      ])
    }
    return table.text
  }

  /// Over all groups.
  func unitCounts(of variant: Manifest.Variant) -> (kept: Int, all: Int) {
    let kept = manifest.groups.indices.reduce(0) {
      $0.addingClamped(keptUnits(of: $1, in: variant))
    }
    return (kept, manifest.groups.reduce(0) { $0.addingClamped($1.unitCount) })
  }
}
