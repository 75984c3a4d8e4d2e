internal import MosaicCore

extension Graph: CustomStringConvertible {
  /// One line a node: `%name: type = operation(operands) {attributes}`, with its MACs a sample.
  public var description: String {
    var lines = ["graph \(macs) MACs a sample, \(parameterCount) parameters"]
    lines += inputs.map { "  input %\(printable(self[$0].name)): \(self[$0].type)" }
    for node in nodes {
      let results = node.outputs.map { "%\(printable(self[$0].name)): \(self[$0].type)" }
      let operands = node.inputs.map { id in
        self[id].origin == .weight
          ? "@\(printable(self[id].name)) \(self[id].type)" : "%\(printable(self[id].name))"
      }
      let attributes = node.operation.attributes.map { "\($0.name) = \($0.value)" }
      var line = "  \(results.joined(separator: ", ")) = \(node.operation.name)"
      line += "(\(operands.joined(separator: ", ")))"
      if !attributes.isEmpty { line += " {\(attributes.joined(separator: ", "))}" }
      let macs = cost(of: node).macs
      if macs > 0 { line += "  // \(macs) MACs" }
      lines.append(line)
    }
    lines.append(
      "  output " + outputs.map { "%\(printable(self[$0].name))" }.joined(separator: ", "))
    return lines.joined(separator: "\n")
  }
}
