internal import MosaicCore

extension BundleSummary {
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
}
