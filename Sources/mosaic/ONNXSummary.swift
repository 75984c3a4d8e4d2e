import MosaicCore
import MosaicImport
import MosaicSurgery

/// What `inspect` says of an ONNX model, for people and for machines. No weight is read.
struct ONNXSummary {
  private let model: ONNXModel

  init(_ model: ONNXModel) { self.model = model }

  var text: String {
    var lines = [
      "\(printable(model.path, limit: 400)): ONNX, IR version \(model.irVersion), "
        + model.operatorSets.map { "\(printable(name(of: $0))) \($0.version)" }
        .joined(separator: ", ") + (producer.isEmpty ? "" : ", written by \(printable(producer))"),
      "\(model.graph.nodes.count) nodes, \(countText(Double(parameterCount))) parameters, "
        + "\(model.graph.initialisers.count) initialisers of \(byteText(byteCount))",
    ]
    lines += model.graph.inputs.map { "input \(text(of: $0))" }
    lines += model.graph.outputs.map { "output \(text(of: $0))" }
    let operators = operatorCounts.map { "\(printable($0.name)) \($0.count)" }
    lines.append("operators: \(operators.joined(separator: ", "))")
    let functions = model.functions.map { printable("\($0.domain).\($0.name)") }
    if !functions.isEmpty { lines.append("functions: \(functions.joined(separator: ", "))") }
    lines += model.inputFiles.dropFirst().map { "external data: \(printable($0, limit: 400))" }
    return lines.joined(separator: "\n")
  }

  /// The initialisers of the model's own graph.
  var tensorText: String {
    tensorTable(
      model.graph.initialisers.map { initialiser in
        let tensor = initialiser.tensor
        return (initialiser.name, tensor.dataType, tensor.shape, tensor.bytes.count)
      })
  }

  /// The keys are documented in `docs/command-line.md`.
  ///
  /// - Parameter groups: Those of `network`, where they are asked for.
  func json(with groups: PruningGroups?, of network: ONNXGraphSummary?) -> JSONValue {
    guard let groups, let network, case .object(var members) = json else { return json }
    members["macs_per_forward"] = JSONValue(network.graph.macs)
    members["groups"] = groupsJSON(groups, of: network.graph)
    members["pinned"] = pinnedJSON(groups)
    return .object(members)
  }

  private var json: JSONValue {
    [
      "schema": "mosaic.inspect/1", "kind": "onnx",
      "ir_version": JSONValue(model.irVersion), "producer": JSONValue(producer),
      "operator_sets": JSONValue(
        model.operatorSets.map { set -> JSONValue in
          ["domain": JSONValue(name(of: set)), "version": JSONValue(set.version)]
        }),
      "metadata": JSONValue(
        model.metadata.map { entry -> JSONValue in
          ["key": JSONValue(entry.key), "value": JSONValue(entry.value)]
        }),
      "inputs": JSONValue(model.graph.inputs.map(json(of:))),
      "outputs": JSONValue(model.graph.outputs.map(json(of:))),
      "nodes": JSONValue(model.graph.nodes.count),
      "operators": JSONValue(
        operatorCounts.map { entry -> JSONValue in
          ["name": JSONValue(entry.name), "count": JSONValue(entry.count)]
        }),
      "functions": JSONValue(
        model.functions.map { function -> JSONValue in
          ["domain": JSONValue(function.domain), "name": JSONValue(function.name)]
        }),
      "parameters": JSONValue(parameterCount), "tensor_bytes": JSONValue(byteCount),
      "files": JSONValue(model.inputFiles.map { JSONValue($0) }),
      "tensors": JSONValue(
        model.graph.initialisers.map { initialiser in
          let tensor = initialiser.tensor
          return tensorJSON(initialiser.name, tensor.dataType, tensor.shape, tensor.bytes.count)
        }),
    ]
  }

  private var producer: String {
    [model.producer.name, model.producer.version].filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func name(of set: ONNXOperatorSet) -> String {
    set.domain.isEmpty ? "ai.onnx" : set.domain
  }

  /// Numbers that training may have found: integers hold shapes and indices.
  private var parameterCount: Int {
    model.graph.initialisers.reduce(0) { sum, initialiser in
      sum + (initialiser.tensor.dataType.isFloat ? initialiser.tensor.elementCount : 0)
    }
  }

  private var byteCount: Int {
    model.graph.initialisers.reduce(0) { $0 + $1.tensor.bytes.count }
  }

  /// Of the model's own graph and of those inside it; the most frequent first.
  private var operatorCounts: [(name: String, count: Int)] {
    var counts: [String: Int] = [:]
    var graphs = [model.graph]
    while let graph = graphs.popLast() {
      for node in graph.nodes {
        let name = node.domain.isEmpty ? node.operation : "\(node.domain).\(node.operation)"
        counts[name, default: 0] += 1
        graphs += node.graphs
      }
    }
    return counts.map { ($0.key, $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
  }

  private func text(of value: ONNXValue) -> String {
    "\(printable(value.name)): \(value.type.map { printable($0.description) } ?? "of any type")"
  }

  private func json(of value: ONNXValue) -> JSONValue {
    let shape = value.type?.shape.map { shape in
      JSONValue(
        shape.map { dimension -> JSONValue in
          switch dimension {
          case .fixed(let extent): JSONValue(extent)
          case .symbolic(let name): JSONValue(name)
          case .unknown: .null
          }
        })
    }
    return [
      "name": JSONValue(value.name),
      "dtype": value.type.map { JSONValue($0.elementType.name) } ?? .null, "shape": shape ?? .null,
    ]
  }
}
