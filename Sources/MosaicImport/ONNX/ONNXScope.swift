internal import MosaicCore

/// The names of one graph: each is defined once, and nodes come after what they read.
///
/// Source: "Nodes" and "Value Names" in ONNX's docs/IR.md.
struct ONNXScope {
  /// What each name is, for messages.
  private var definitions: [String: String] = [:]

  mutating func define(_ name: String, as kind: String) throws(ONNXError.Reason) {
    guard !name.isEmpty else { throw .value(name: name, problem: "is \(kind) without a name") }
    if let first = definitions.updateValue(kind, forKey: name) {
      throw .definedTwice(name: name, first: first, second: kind)
    }
  }

  /// Defines the nodes' outputs and returns the order to run them in: the given one where that
  /// holds, else the nearest to it, each node preceded by those it depends on.
  mutating func order(_ nodes: [ONNXNode]) throws(ONNXError.Reason) -> [Int] {
    var producers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      let kind = "an output of \(node.label)"
      for output in node.outputs where !output.isEmpty {
        try define(output, as: kind)
        producers[output] = index
      }
    }
    let dependencies = nodes.map { node in node.reads.compactMap { producers[$0] } }
    let isSorted = zip(nodes.indices, dependencies).allSatisfy { index, needed in
      needed.allSatisfy { $0 < index }
    }
    return isSorted ? Array(nodes.indices) : try sort(nodes, dependencies)
  }

  /// Depth first, with a stack of our own: a graph is as deep as it is long.
  private func sort(
    _ nodes: [ONNXNode], _ dependencies: [[Int]]
  ) throws(ONNXError.Reason) -> [Int] {
    enum State { case waiting, open, done }
    var states = [State](repeating: .waiting, count: nodes.count)
    var order: [Int] = []
    for root in nodes.indices where states[root] == .waiting {
      var path = [(node: root, next: 0)]
      states[root] = .open
      while let (node, next) = path.last {
        guard next < dependencies[node].count else {
          path.removeLast()
          states[node] = .done
          order.append(node)
          continue
        }
        path[path.count - 1].next += 1
        let needed = dependencies[node][next]
        switch states[needed] {
        case .done: break
        case .waiting:
          states[needed] = .open
          path.append((needed, 0))
        case .open:
          let start = path.firstIndex { $0.node == needed } ?? 0
          // Each node reads the one after it on the path; data flows the other way.
          throw .cycle(path[start...].reversed().map { nodes[$0.node].label })
        }
      }
    }
    return order
  }

  /// What nodes and outputs read that nothing here defines.
  func captures(by nodes: [ONNXNode], outputs: [ONNXValue]) -> [String] {
    var seen: Set<String> = []
    return (nodes.flatMap(\.reads) + outputs.map(\.name)).filter {
      definitions[$0] == nil && seen.insert($0).inserted
    }
  }
}

extension ONNXNode {
  /// Names it reads, also from inside its graphs.
  var reads: [String] {
    inputs.filter { !$0.isEmpty } + graphs.flatMap(\.captures)
  }
}
