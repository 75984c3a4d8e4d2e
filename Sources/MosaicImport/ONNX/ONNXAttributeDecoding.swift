internal import COnnxProto
internal import MosaicCore
internal import MosaicProto

extension ONNXGraphDecoder {
  /// - Parameter node: The label of the attribute's node.
  mutating func attribute(
    _ message: Onnx__AttributeProto, of node: String, inFunction: Bool
  ) throws -> ONNXAttribute {
    let name = text(message.name)
    let quoted = "attribute '\(printable(name))'"
    func problem(_ text: String) -> ONNXError.Reason {
      .node(node, problem: "has the \(quoted) \(text)")
    }
    func unsupported(_ kind: String) -> ONNXError.Reason {
      .unsupportedAttribute(node: node, attribute: name, kind: kind)
    }
    guard !name.isEmpty else {
      throw ONNXError.Reason.node(node, problem: "has an attribute without a name")
    }
    let given = message.given
    guard text(message.ref_attr_name).isEmpty else {
      guard inFunction else { throw problem("that refers to a function, and is in none") }
      return .reference(text(message.ref_attr_name))
    }
    // Values of zero, and empty lists, may be left out of the file.
    guard given.isEmpty || given == [message.type] else {
      throw problem("whose value is not of its type")
    }
    let place = "\(quoted) of \(node)"
    switch message.type {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT: return .float(message.f)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT: return .integer(message.i)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
      return .string(array(message.s.data, message.s.len))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
      guard let tensor = message.t?.pointee else { throw problem("without its tensor") }
      return .tensor(try self.tensor(tensor, place: place))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
      guard let graph = message.g?.pointee else { throw problem("without its graph") }
      return .graph(try self.graph(graph))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
      return .floats(array(message.floats, message.n_floats))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
      return .integers(array(message.ints, message.n_ints))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
      return .strings(array(message.strings, message.n_strings).map { array($0.data, $0.len) })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS:
      return .tensors(
        try list(message.tensors, message.n_tensors).map { try tensor($0, place: place) })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS:
      return .graphs(try list(message.graphs, message.n_graphs).map { try graph($0) })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR,
      ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS:
      throw unsupported("a sparse tensor")
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO,
      ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS:
      throw unsupported("a type")
    default: throw problem("of type \(message.type.rawValue), which is none")
    }
  }
}

extension Onnx__AttributeProto {
  /// The types of the values it holds.
  fileprivate var given: [Onnx__AttributeProto__AttributeType] {
    let candidates: [(Onnx__AttributeProto__AttributeType, Bool)] = [
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, has_f != 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, has_i != 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, has_s != 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR, t != nil),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH, g != nil),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS, n_floats > 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, n_ints > 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS, n_strings > 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS, n_tensors > 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS, n_graphs > 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO, has_tp != 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS, n_type_protos > 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR, has_sparse_tensor != 0),
      (ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS, n_sparse_tensors > 0),
    ]
    return candidates.filter(\.1).map(\.0)
  }
}
