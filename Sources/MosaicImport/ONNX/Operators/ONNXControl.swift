internal import MosaicCore
internal import MosaicIR

/// Operators with graphs inside them.
let controlImporters: [String: ONNXNodeImport.Importer] = [
  "If": { node in
    let condition = try node.operand(0)
    let branches = (node.attribute("then_branch"), node.attribute("else_branch"))
    guard case .graph(let then)? = branches.0, case .graph(let otherwise)? = branches.1 else {
      throw ONNXNodeProblem.invalid("lacks a branch")
    }
    guard let value = condition.known, !condition.isSymbolic else {
      throw ONNXNodeProblem.unsupported("has a condition that is computed; only constant ones fold")
    }
    guard value.element == .bool, value.count == 1 else {
      throw ONNXNodeProblem.invalid("has the condition \(condition.type)")
    }
    let chosen = value.number(at: 0) != 0 ? then : otherwise
    guard chosen.inputs.isEmpty else { throw ONNXNodeProblem.invalid("has a branch with inputs") }
    return try node.context.inlining(chosen)
  }
]
