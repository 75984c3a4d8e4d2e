internal import COnnxProto
internal import MosaicCore
internal import MosaicProto

/// Decodes graphs, those inside nodes first. The scanner has bounded how deep they are nested.
struct ONNXGraphDecoder {
  let document: ONNXDocument
  /// Domains that the model imports operators of.
  let domains: Set<String>
  var external: ONNXExternalData
  private var notes: [String] = []

  init(document: ONNXDocument, domains: Set<String>, external: ONNXExternalData) {
    self.document = document
    self.domains = domains
    self.external = external
  }

  var warnings: [String] { notes + external.warnings }

  mutating func graph(_ message: Onnx__GraphProto) throws -> ONNXGraph {
    let name = text(message.name)
    guard message.n_sparse_initializer == 0 else {
      throw ONNXError.Reason.unsupportedTensor(
        "an initialiser of graph '\(printable(name))'", kind: "is a sparse tensor")
    }
    var scope = ONNXScope()
    var initialisers: [ONNXInitialiser] = []
    for tensor in list(message.initializer, message.n_initializer) {
      let name = text(tensor.name)
      try scope.define(name, as: "an initialiser")
      initialisers.append(ONNXInitialiser(name: name, tensor: try initialiser(tensor)))
    }
    let constants = Set(initialisers.map(\.name))
    var inputs: [ONNXValue] = []
    var defaulted: Set<String> = []
    for value in list(message.input, message.n_input) {
      let input = try ONNXValue(value)
      // An input with a default value: nobody need give it.
      if constants.contains(input.name), defaulted.insert(input.name).inserted { continue }
      try scope.define(input.name, as: "an input")
      inputs.append(input)
    }
    var nodes: [ONNXNode] = []
    for node in list(message.node, message.n_node) { nodes.append(try self.node(node)) }
    let outputs = try list(message.output, message.n_output).map { try ONNXValue($0) }
    let order = try scope.order(nodes)
    if !order.elementsEqual(nodes.indices) {
      notes.append("the nodes of graph '\(printable(name))' are not in order; they were sorted")
    }
    return ONNXGraph(
      name: name, inputs: inputs, outputs: outputs, nodes: order.map { nodes[$0] },
      initialisers: initialisers, captures: scope.captures(by: nodes, outputs: outputs))
  }

  mutating func node(
    _ message: Onnx__NodeProto, inFunction: Bool = false
  ) throws -> ONNXNode {
    var node = ONNXNode(
      name: text(message.name), domain: canonicalDomain(text(message.domain)),
      operation: text(message.op_type), inputs: texts(message.input, message.n_input),
      outputs: texts(message.output, message.n_output), attributes: [:], metadata: [:])
    let label = node.label
    guard !node.operation.isEmpty else {
      throw ONNXError.Reason.node(label, problem: "names no operator")
    }
    guard inFunction || domains.contains(node.domain) else {
      throw ONNXError.Reason.node(
        label, problem: "is of a domain whose operators the model does not import")
    }
    for attribute in list(message.attribute, message.n_attribute) {
      let name = text(attribute.name)
      let value = try self.attribute(attribute, of: label, inFunction: inFunction)
      guard node.attributes.updateValue(value, forKey: name) == nil else {
        throw ONNXError.Reason.node(
          label, problem: "has the attribute '\(printable(name))' twice")
      }
    }
    for note in list(message.metadata_props, message.n_metadata_props) {
      let key = text(note.key)
      if key != "pkg.torch.onnx.stack_trace" { node.metadata[key] = text(note.value) }
    }
    return node
  }

  mutating func function(_ message: Onnx__FunctionProto) throws -> ONNXFunction {
    var nodes: [ONNXNode] = []
    for node in list(message.node, message.n_node) {
      nodes.append(try self.node(node, inFunction: true))
    }
    return ONNXFunction(
      domain: canonicalDomain(text(message.domain)), name: text(message.name),
      inputs: texts(message.input, message.n_input),
      outputs: texts(message.output, message.n_output), nodes: nodes)
  }
}

extension ONNXValue {
  fileprivate init(_ message: Onnx__ValueInfoProto) throws(ONNXError.Reason) {
    let name = text(message.name)
    let type = try message.type.map {
      type throws(ONNXError.Reason) in try ONNXTensorType(type.pointee, of: name)
    }
    self.init(name: name, type: type ?? nil)
  }
}

extension ONNXTensorType {
  /// Nil for a type that says nothing.
  fileprivate init?(_ message: Onnx__TypeProto, of name: String) throws(ONNXError.Reason) {
    let others = [
      ("a sequence", message.has_sequence_type), ("a map", message.has_map_type),
      ("opaque", message.has_opaque_type), ("a sparse tensor", message.has_sparse_tensor_type),
      ("optional", message.has_optional_type),
    ]
    for (kind, isPresent) in others where isPresent != 0 {
      throw .unsupportedValue(name: name, kind: kind)
    }
    guard let tensor = message.tensor_type?.pointee else { return nil }
    guard let elementType = ONNXElementType(rawValue: tensor.elem_type) else {
      throw .value(name: name, problem: "has the element type \(tensor.elem_type), which is none")
    }
    self.elementType = elementType
    guard let extents = tensor.shape?.pointee else { return }
    guard extents.n_dim <= ONNXLimits.rank else {
      throw .value(
        name: name, problem: "has \(extents.n_dim) dimensions, over \(ONNXLimits.rank)")
    }
    var dimensions: [ONNXDimension] = []
    for extent in list(extents.dim, extents.n_dim) {
      dimensions.append(try ONNXDimension(extent, of: name))
    }
    shape = dimensions
  }
}

extension ONNXDimension {
  fileprivate init(
    _ message: Onnx__TensorShapeProto__Dimension, of name: String
  ) throws(ONNXError.Reason) {
    let symbol = text(message.dim_param)
    guard message.has_dim_value != 0 else {
      self = symbol.isEmpty ? .unknown : .symbolic(symbol)
      return
    }
    let extent = Int(message.dim_value)
    guard message.dim_param == nil else {
      throw .value(name: name, problem: "has a dimension with both a value and a name")
    }
    guard extent >= 0 else {
      throw .value(name: name, problem: "has the negative dimension \(extent)")
    }
    self = .fixed(extent)
  }
}

/// Bounds beyond the wire format's own.
enum ONNXLimits {
  /// Far over what any network has; shapes in messages stay short.
  static let rank = 64
}
