public import MosaicCore

/// A graph of an ONNX model: the model's own, or one that a node's attribute holds.
public struct ONNXGraph: Sendable {
  public var name: String
  /// What has to be given; inputs that an initialiser gives a value are not among them.
  public var inputs: [ONNXValue]
  public var outputs: [ONNXValue]
  /// Every node after those whose outputs it reads.
  public var nodes: [ONNXNode]
  public var initialisers: [ONNXInitialiser]
  /// Names read here that are defined in a graph around this one.
  public var captures: [String]
}

/// A named constant; its bytes lie in the file they were read from.
public struct ONNXInitialiser: Sendable {
  public var name: String
  public var tensor: TensorView
}

/// One operation.
public struct ONNXNode: Sendable {
  /// Often empty: nothing refers to it.
  public var name: String
  /// Empty for ONNX's own operators.
  public var domain: String
  public var operation: String
  /// An empty name stands for an optional input that is left out.
  public var inputs: [String]
  public var outputs: [String]
  public var attributes: [String: ONNXAttribute]
  /// What the exporter noted about where the node comes from; `namespace` and
  /// `pkg.torch.onnx.name_scopes` lead to the module whose weights it reads. Stack traces are left
  /// out.
  public var metadata: [String: String]

  /// Graphs that its attributes hold, in the order of the attributes' names.
  public var graphs: [ONNXGraph] {
    attributes.filter { !$0.value.graphs.isEmpty }.sorted { $0.key < $1.key }
      .flatMap(\.value.graphs)
  }

  /// The node as messages name it.
  public var label: String {
    let kind = domain.isEmpty ? operation : "\(domain).\(operation)"
    if !name.isEmpty { return "node '\(printable(name))' (\(printable(kind)))" }
    let output = outputs.first { !$0.isEmpty } ?? ""
    return "node of '\(printable(output))' (\(printable(kind)))"
  }
}

/// What a node is given beside its inputs.
public enum ONNXAttribute: Sendable {
  case float(Float)
  case integer(Int64)
  case string([UInt8])
  case tensor(TensorView)
  case graph(ONNXGraph)
  case floats([Float])
  case integers([Int64])
  case strings([[UInt8]])
  case tensors([TensorView])
  case graphs([ONNXGraph])
  /// Inside a function: the attribute of its caller that has the value.
  case reference(String)

  /// The text of a string.
  public var text: String? {
    if case .string(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil }
  }

  var graphs: [ONNXGraph] {
    switch self {
    case .graph(let graph): [graph]
    case .graphs(let graphs): graphs
    default: []
    }
  }
}

/// An operator that the model defines itself.
public struct ONNXFunction: Sendable {
  public var domain: String
  public var name: String
  public var inputs: [String]
  public var outputs: [String]
  /// In the file's order.
  public var nodes: [ONNXNode]
}

/// A set of operators and its version.
public struct ONNXOperatorSet: Sendable, Equatable {
  /// Empty for ONNX's own.
  public var domain: String
  public var version: Int
}
