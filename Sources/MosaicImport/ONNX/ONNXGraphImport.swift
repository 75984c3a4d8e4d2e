internal import MosaicCore
internal import MosaicIR

/// What is wrong with a node that is being imported.
enum ONNXNodeProblem: Error {
  /// No operator's definition allows it.
  case invalid(String)
  /// It may be right, and is not carried out.
  case unsupported(String)
  /// A node inside it is not supported, and named already.
  case skipped
}

/// An ONNX graph on its way to become ours.
///
/// What does not depend on the network's inputs is worked out as it is met, so that shapes are known
/// where nodes ask for them.
final class ONNXGraphImport {
  let operatorSet: Int
  /// What the batch was fixed to where it is symbolic now.
  let fixedBatch: Int?
  var graph = Graph()
  /// Weights that nodes read, by name: initialisers, also of branches, and what was worked out.
  var folded: [String: TensorView] = [:]
  /// The names that can be read here.
  private var scope: [String: ONNXOperand] = [:]
  /// Names that an unsupported node would have given.
  private var unavailable: Set<String> = []
  private(set) var unsupported: [String] = []
  private var foldedBytes = 0
  private var names: Set<String> = []

  /// Of all that is worked out: networks have little more than shapes and tables of positions.
  private static let foldedByteLimit = 64 << 20

  init(operatorSet: Int, fixedBatch: Int? = nil) {
    self.operatorSet = operatorSet
    self.fixedBatch = fixedBatch
  }

  func define(_ name: String, _ operand: ONNXOperand) { scope[name] = operand }

  /// - Parameter isInner: Whether the graph lies inside a node.
  /// - Throws: `ONNXError.Reason`.
  func read(_ graph: ONNXGraph, isInner: Bool = false) throws {
    for initialiser in graph.initialisers {
      let tensor = initialiser.tensor
      // No float8 tensor is computed with, so none has a type of ours.
      guard tensor.dataType != .f8e4m3, tensor.dataType != .f8e5m2 else {
        throw ONNXError.Reason.unsupportedTensor(
          "initialiser '\(printable(initialiser.name))'",
          kind: "has elements of type \(tensor.dataType.rawValue)")
      }
      let type = TensorType(tensor.shape.map { Dimension($0) }, element: tensor.dataType)
      guard type.count != nil else {
        throw ONNXError.Reason.tensor(
          "initialiser '\(printable(initialiser.name))'",
          problem: "has the shape \(tensor.shape), an extent of which no memory can hold")
      }
      define(
        initialiser.name,
        // Two branches may call different weights by one name.
        ONNXOperand(
          name: isInner ? unique(initialiser.name) : initialiser.name, type: type, stored: tensor))
    }
    for node in graph.nodes { try read(node) }
  }

  private func read(_ node: ONNXNode) throws {
    if node.reads.contains(where: unavailable.contains) {
      unavailable.formUnion(node.outputs)
      return
    }
    do {
      var reader = ONNXNodeImport(node, in: self)
      let outputs = try reader.outputs()
      for (name, output) in zip(node.outputs, outputs) where !name.isEmpty {
        define(name, output)
      }
    } catch ONNXNodeProblem.invalid(let problem) {
      throw ONNXError.Reason.node(node.label, problem: problem)
    } catch ONNXNodeProblem.unsupported(let problem) {
      unsupported.append("\(node.label) \(problem)")
      unavailable.formUnion(node.outputs)
    } catch ONNXNodeProblem.skipped {
      unavailable.formUnion(node.outputs)
    }
  }

  /// A value by its name; nil for an input that is left out.
  func operand(_ name: String) -> ONNXOperand? { name.isEmpty ? nil : scope[name] }

  /// The outputs of a graph inside a node, read in the place of the node.
  func inlining(_ inner: ONNXGraph) throws -> [ONNXOperand] {
    let outside = scope
    defer { scope = outside }
    try read(inner, isInner: true)
    return try inner.outputs.map { output in
      guard let operand = scope[output.name] else {
        throw ONNXNodeProblem.skipped
      }
      return operand
    }
  }

  /// The operand as a value that nodes can read.
  func materialise(_ operand: ONNXOperand) throws(ONNXNodeProblem) -> ValueID {
    if let id = operand.id { return id }
    if operand.isSymbolic {
      throw .unsupported("computes with a shape that depends on the batch; bind it with --shape")
    }
    let shape = operand.type.shape(batch: 1)
    if let stored = operand.stored {
      folded[operand.name] = stored
      return graph.addWeight(operand.name, shape: shape, element: operand.type.element)
    }
    guard let tensor = operand.tensor else { throw .invalid("reads a value that is not there") }
    folded[operand.name] = tensor.view
    return graph.addWeight(operand.name, shape: shape, element: operand.type.element)
  }

  /// A name for a value that only we have.
  func unique(_ name: String) -> String {
    var candidate = name
    var number = 2
    while names.contains(candidate) || (scope[candidate] != nil) {
      candidate = "\(name).\(number)"
      number += 1
    }
    names.insert(candidate)
    return candidate
  }

  /// Whether there is room for as many bytes of results.
  func reserve(bytes: Int) -> Bool {
    guard bytes <= ONNXGraphImport.foldedByteLimit - foldedBytes else { return false }
    foldedBytes += bytes
    return true
  }
}
