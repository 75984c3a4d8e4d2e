public import MosaicCore

/// An ONNX model cannot be read.
public struct ONNXError: MosaicError, Equatable {
  public enum Reason: Error, Sendable, Equatable {
    case empty
    case tooLarge(bytes: Int)
    case wire(WireError)
    case undecodable
    case noIRVersion
    case irVersion(Int)
    case noOperatorSet
    case foreignOperatorSets([String])
    case operatorSet(Int)
    case operatorSetTwice(domain: String)
    case noGraph
    case graph(name: String, problem: String)
    case node(String, problem: String)
    case definedTwice(name: String, first: String, second: String)
    case undefined(name: String, reader: String)
    case cycle([String])
    case value(name: String, problem: String)
    case unsupportedValue(name: String, kind: String)
    case tensor(String, problem: String)
    case unsupportedTensor(String, kind: String)
    case external(tensor: String, problem: String)
    case missingExternal(tensor: String, location: String)
    case unsupportedAttribute(node: String, attribute: String, kind: String)
    /// Everything that cannot be imported, each with its node.
    case unsupportedNodes([String])
    case binding(input: String, declared: ONNXTensorType?, shape: [Int])
    /// Names of an input's dimensions that only a binding can tell.
    case unbound(input: String, names: [String])
  }

  public var path: String
  public var reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(printable(path, limit: 400)): \(what)" }

  public var exitStatus: ExitStatus {
    switch reason {
    case .irVersion, .operatorSet, .foreignOperatorSets, .unsupportedValue, .unsupportedTensor,
      .unsupportedAttribute, .unsupportedNodes, .unbound:
      .unsupported
    case .binding: .usage
    case .missingExternal: .missingInput
    default: .badData
    }
  }

  private var what: String {
    switch reason {
    case .empty: "is an empty file; copy or export it again"
    case .tooLarge(let bytes):
      "has \(bytes) bytes, and no ONNX model has 2 GiB or more without external data; it is"
        + " damaged, or another kind of file"
    case .wire(let error):
      "is no ONNX model, or damaged: \(error.description); copy or export it again"
    case .undecodable:
      "its graph cannot be decoded: it is damaged, or larger than memory; export it again"
    case .noIRVersion: "is no ONNX model: it has no ir_version; export it again"
    case .irVersion(let version):
      "has IR version \(version), and \(range(ONNXModel.irVersions)) are supported; export it"
        + " with another version of onnx"
    case .noOperatorSet: "imports no version of ONNX's operators; export it again"
    case .foreignOperatorSets(let domains):
      "has operators of \(domains.map(domainName).joined(separator: ", ")) alone, and none of them is"
        + " supported"
    case .operatorSet(let version):
      "has opset \(version), and \(range(ONNXModel.operatorSetVersions)) are supported; export it"
        + " with opset_version=\(ONNXModel.recommendedOperatorSet)"
    case .operatorSetTwice(let domain):
      "imports the operators of \(domainName(domain)) twice; export it again"
    case .noGraph: "is no ONNX model: it has no graph; export it again"
    case .graph(let name, let problem):
      "graph '\(printable(name))' \(problem); export it again"
    case .node(let label, let problem): "\(shown(label)) \(problem); export it again"
    case .definedTwice(let name, let first, let second):
      "'\(printable(name))' is defined twice, as \(shown(first)) and as \(shown(second)); export it"
        + " again"
    case .undefined(let name, let reader):
      "\(shown(reader)) reads '\(printable(name))', which nothing defines; export it again"
    case .cycle(let labels):
      "its nodes form a cycle: \(cycleText(labels)); export it again"
    case .value(let name, let problem): "'\(printable(name))' \(problem); export it again"
    case .unsupportedValue(let name, let kind):
      "'\(printable(name))' is \(kind), and only tensors are supported; export the network alone"
    case .tensor(let label, let problem): "\(shown(label)) \(problem); export it again"
    case .unsupportedTensor(let label, let kind):
      "\(shown(label)) \(kind), which is not supported; export it with floats of 16 or 32 bits"
    case .external(let tensor, let problem):
      "\(shown(tensor)): \(problem); copy or export the model again"
    case .missingExternal(let tensor, let location):
      "\(shown(tensor)): its file '\(printable(location))' is not beside the"
        + " model; copy it too"
    case .unsupportedAttribute(let node, let attribute, let kind):
      "\(shown(node)): its attribute '\(printable(attribute))' is \(kind), which is not supported"
    case .unsupportedNodes(let problems):
      "\(problems.count == 1 ? "1 node" : "\(problems.count) nodes") cannot be imported: "
        + (problems.prefix(20).map(shown)
        + (problems.count > 20 ? ["and \(problems.count - 20) more"] : []))
        .joined(separator: "; ")
    case .binding(let input, let declared, let shape):
      "input '\(printable(input))' is \(declared.map { printable($0.description) } ?? "of any type"),"
        + " and cannot be \(shape)"
    case .unbound(let input, let names):
      "input '\(printable(input))' has dimensions that are not known"
        + " (\(names.map { printable($0) }.joined(separator: ", "))), and only one, the batch, may"
        + " stay open; bind them with --shape \(printable(input))=2,4,…"
    }
  }

  private func range(_ versions: ClosedRange<Int>) -> String {
    "\(versions.lowerBound) to \(versions.upperBound)"
  }

  /// What is called by kind and name, which are printable each.
  private func shown(_ label: String) -> String { printable(label, limit: 400) }

  private func domainName(_ domain: String) -> String {
    domain.isEmpty ? "ai.onnx" : "'\(printable(domain))'"
  }

  private func cycleText(_ labels: [String]) -> String {
    let more = labels.count > 6 ? ["… (\(labels.count) nodes)"] : []
    return (labels.prefix(6).map(shown) + more + labels.prefix(1).map(shown))
      .joined(separator: " → ")
  }
}
