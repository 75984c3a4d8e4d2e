import MosaicCore
import MosaicIR
import MosaicSurgery

/// The pruning groups of a graph, then the axes that are pinned, with the reasons.
func groupTable(_ groups: PruningGroups, of graph: Graph) -> String {
  var table = TextTable(
    header: [
      "group", "kind", "units", "unit size", "MACs/unit", "share of MACs", "consumers", "producers",
    ])
  for group in groups.groups {
    table.add([
      printable(group.name), group.kind.rawValue,
      "\(group.unitCount)" + (group.balance > 1 ? " in \(group.balance) runs" : ""),
      "\(group.unitSize)", countText(Double(group.macsPerUnit)), percent(group.macs, of: graph),
      names(group.consumptions.map(\.consumer.weight), in: graph),
      names(group.matrices(in: graph), in: graph),
    ])
  }
  let whole = groups.groups.reduce(0) { sum, group in
    let (next, overflow) = sum.addingReportingOverflow(group.macs)
    return overflow ? .max : next
  }
  let pinned = groups.pinned.map { axis in
    "  \(printable(axis.name)), \(axis.extent) wide, is pinned: \(axis.reason)"
  }
  return
    ([
      table.text, "\(groups.groups.count) groups hold \(percent(whole, of: graph)) of all MACs",
    ] + pinned).joined(separator: "\n")
}

private func percent(_ macs: Int, of graph: Graph) -> String {
  "\(fixed(100 * Double(macs) / Double(max(graph.macs, 1)), 1)) %"
}

/// A few names, and how many more there are.
private func names(_ weights: [ValueID], in graph: Graph) -> String {
  let most = 3
  let shown = weights.prefix(most).map { printable(graph[$0].name) }.joined(separator: ", ")
  return weights.count > most ? "\(shown) and \(weights.count - most) more" : shown
}

extension PruningGroup {
  /// The weights whose rows make the units, without biases and norms' parameters.
  fileprivate func matrices(in graph: Graph) -> [ValueID] {
    producers.filter { graph[$0].type.rank >= 2 }
  }
}

func groupsJSON(_ groups: PruningGroups, of graph: Graph) -> JSONValue {
  JSONValue(
    groups.groups.map { group -> JSONValue in
      [
        "name": JSONValue(group.name), "kind": JSONValue(group.kind.rawValue),
        "units": JSONValue(group.unitCount), "unit_size": JSONValue(group.unitSize),
        "balance": JSONValue(group.balance), "macs_per_unit": JSONValue(group.macsPerUnit),
        "producers": JSONValue(
          group.matrices(in: graph).map { JSONValue(graph[$0].name) }),
        "consumers": JSONValue(
          group.consumptions.map { JSONValue(graph[$0.consumer.weight].name) }),
      ]
    })
}

func pinnedJSON(_ groups: PruningGroups) -> JSONValue {
  JSONValue(
    groups.pinned.map { axis -> JSONValue in
      [
        "name": JSONValue(axis.name), "extent": JSONValue(axis.extent),
        "reason": JSONValue(axis.reason),
      ]
    })
}
