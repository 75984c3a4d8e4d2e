import MosaicCore
import MosaicIR
import MosaicSurgery

/// The pruning groups of a graph, then the axes that are pinned, with the reasons.
func groupTable(_ groups: PruningGroups, of graph: Graph) -> String {
  var table = TextTable(
    header: ["group", "kind", "units", "unit size", "MACs/unit", "share of MACs", "consumer"])
  for group in groups.groups {
    let share = Double(group.unitCount * group.macsPerUnit) / Double(max(graph.macs, 1))
    table.add([
      printable(group.name), group.kind.rawValue, "\(group.unitCount)", "\(group.unitSize)",
      countText(Double(group.macsPerUnit)), "\(fixed(100 * share, 1)) %",
      printable(graph[group.consumer].name),
    ])
  }
  let pinned = groups.pinned.map { axis in
    "  \(printable(axis.name)), \(axis.extent) wide, is pinned: \(axis.reason)"
  }
  return ([table.text] + pinned).joined(separator: "\n")
}

func groupsJSON(_ groups: PruningGroups) -> JSONValue {
  JSONValue(
    groups.groups.map { group -> JSONValue in
      [
        "name": JSONValue(group.name), "kind": JSONValue(group.kind.rawValue),
        "units": JSONValue(group.unitCount), "unit_size": JSONValue(group.unitSize),
        "macs_per_unit": JSONValue(group.macsPerUnit),
      ]
    })
}
