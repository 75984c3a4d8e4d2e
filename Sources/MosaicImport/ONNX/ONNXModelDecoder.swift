internal import COnnxProto
internal import MosaicCore
internal import MosaicProto

/// Turns what protobuf-c decoded into a model, and checks what holds for the model as a whole.
enum ONNXModelDecoder {
  struct Result {
    var irVersion: Int
    var producer: (name: String, version: String)
    var operatorSets: [ONNXOperatorSet]
    var graph: ONNXGraph
    var functions: [ONNXFunction]
    var metadata: [(key: String, value: String)]
    var warnings: [String]
  }

  /// - Parameter path: For messages.
  /// - Throws: `ONNXError`; `FileError` of a file of external data.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, owner: AnyObject, path: String,
    external: inout ONNXExternalData
  ) throws -> Result {
    do {
      let document = try ONNXDocument(bytes, owner: owner)
      defer { withExtendedLifetime(document) {} }
      return try decode(document, path: path, external: &external)
    } catch let reason as ONNXError.Reason {
      throw ONNXError(path: path, reason: reason)
    }
  }

  private static func decode(
    _ document: ONNXDocument, path: String, external: inout ONNXExternalData
  ) throws -> Result {
    let model = document.model
    // Before anything else: the file may be no model at all.
    let irVersion = try irVersion(of: model)
    let operatorSets = try operatorSets(of: model)
    guard let message = model.graph else { throw ONNXError.Reason.noGraph }

    let domains = Set(operatorSets.map(\.domain))
    var decoder = ONNXGraphDecoder(document: document, domains: domains, external: external)
    defer { external = decoder.external }
    let graph = try decoder.graph(message.pointee)
    try check(graph)
    var functions: [ONNXFunction] = []
    for function in list(model.functions, model.n_functions) {
      functions.append(try decoder.function(function))
    }
    let notes = decoder.warnings + splitWarning(graph, operatorSets)
    return Result(
      irVersion: irVersion, producer: (text(model.producer_name), text(model.producer_version)),
      operatorSets: operatorSets, graph: graph, functions: functions,
      metadata: list(model.metadata_props, model.n_metadata_props).map {
        (text($0.key), text($0.value))
      },
      warnings: notes.map { "\(printable(path, limit: 400)): \($0)" })
  }

  private static func irVersion(of model: Onnx__ModelProto) throws(ONNXError.Reason) -> Int {
    guard model.has_ir_version != 0 else { throw .noIRVersion }
    let version = Int(model.ir_version)
    guard ONNXModel.irVersions.contains(version) else { throw .irVersion(version) }
    return version
  }

  private static func operatorSets(
    of model: Onnx__ModelProto
  ) throws(ONNXError.Reason) -> [ONNXOperatorSet] {
    var sets: [ONNXOperatorSet] = []
    var domains: Set<String> = []
    for message in list(model.opset_import, model.n_opset_import) {
      let set = ONNXOperatorSet(message)
      guard domains.insert(set.domain).inserted else {
        throw .operatorSetTwice(domain: set.domain)
      }
      sets.append(set)
    }
    guard !sets.isEmpty else { throw .noOperatorSet }
    guard let own = sets.first(where: { $0.domain.isEmpty }) else {
      throw .foreignOperatorSets(sets.prefix(3).map(\.domain))
    }
    guard ONNXModel.operatorSetVersions.contains(own.version) else {
      throw .operatorSet(own.version)
    }
    return sets
  }

  /// What the model's own graph has to have, and one inside it need not.
  private static func check(_ graph: ONNXGraph) throws(ONNXError.Reason) {
    if let name = graph.captures.first {
      let reader = graph.nodes.first { $0.reads.contains(name) }
      throw .undefined(name: name, reader: reader?.label ?? "the graph")
    }
    guard !graph.nodes.isEmpty else { throw .graph(name: graph.name, problem: "has no nodes") }
    guard !graph.outputs.isEmpty else {
      throw .graph(name: graph.name, problem: "has no outputs")
    }
    for input in graph.inputs where input.type == nil {
      throw .value(name: input.name, problem: "is an input without a type")
    }
  }

  /// torch 2.13 writes an attribute of opset 18 at opset 17; it says no more than the number of
  /// outputs does.
  private static func splitWarning(
    _ graph: ONNXGraph, _ operatorSets: [ONNXOperatorSet]
  ) -> [String] {
    guard let version = operatorSets.first(where: { $0.domain.isEmpty })?.version, version < 18
    else { return [] }
    let count = graph.nodes.count {
      $0.operation == "Split" && $0.domain.isEmpty && $0.attributes["num_outputs"] != nil
    }
    guard count > 0 else { return [] }
    return [
      "\(count) Split nodes have the attribute num_outputs, which opset \(version) does not have;"
        + " export with opset_version=\(ONNXModel.recommendedOperatorSet) or later"
    ]
  }
}

extension ONNXOperatorSet {
  fileprivate init(_ message: Onnx__OperatorSetIdProto) {
    self.init(domain: canonicalDomain(text(message.domain)), version: Int(message.version))
  }
}

/// ONNX's own domain has two names.
func canonicalDomain(_ name: String) -> String { name == "ai.onnx" ? "" : name }
