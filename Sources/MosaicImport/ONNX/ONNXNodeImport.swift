internal import MosaicCore
internal import MosaicIR

/// One node on its way into the graph: its inputs and attributes as the operators' importers ask for
/// them, and what they make of it.
struct ONNXNodeImport {
  typealias Importer = @Sendable (inout ONNXNodeImport) throws -> [ONNXOperand]

  /// Importers by the operators' names.
  static let importers: [String: Importer] = [
    elementwiseImporters, shapeImporters, movementImporters, productImporters,
    normalisationImporters, reductionImporters, windowImporters, attentionImporters,
    resizeImporters, controlImporters,
  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  let node: ONNXNode
  let context: ONNXGraphImport
  private var unread: Set<String>

  init(_ node: ONNXNode, in context: ONNXGraphImport) {
    self.node = node
    self.context = context
    unread = Set(node.attributes.keys)
  }

  var operatorSet: Int { context.operatorSet }

  mutating func outputs() throws -> [ONNXOperand] {
    guard node.domain.isEmpty else {
      throw ONNXNodeProblem.unsupported("is of a domain whose operators are not supported")
    }
    guard let importer = ONNXNodeImport.importers[node.operation] else {
      throw ONNXNodeProblem.unsupported("is an operator that is not supported")
    }
    let outputs = try importer(&self)
    if let name = unread.min() {
      throw ONNXNodeProblem.unsupported(
        "has the attribute '\(printable(name))', which is not supported")
    }
    let wanted = (node.outputs.lastIndex { !$0.isEmpty } ?? -1) + 1
    guard wanted <= outputs.count else {
      throw ONNXNodeProblem.unsupported("has \(wanted) outputs, over \(outputs.count)")
    }
    return outputs
  }

  // Inputs.

  func optional(_ index: Int) -> ONNXOperand? {
    node.inputs.indices.contains(index) ? context.operand(node.inputs[index]) : nil
  }

  func operand(_ index: Int) throws(ONNXNodeProblem) -> ONNXOperand {
    guard let operand = optional(index) else { throw .invalid("lacks its input \(index)") }
    return operand
  }

  /// All inputs, none left out.
  func operands() throws(ONNXNodeProblem) -> [ONNXOperand] {
    guard !node.inputs.isEmpty else { throw .invalid("has no inputs") }
    var operands: [ONNXOperand] = []
    for index in node.inputs.indices { operands.append(try operand(index)) }
    return operands
  }

  /// The integers of an operand that shapes depend on.
  func integers(_ operand: ONNXOperand) throws(ONNXNodeProblem) -> [Int] {
    let extents = try extents(operand)
    guard extents.allSatisfy(\.isFixed) else {
      throw .unsupported(
        "depends on the batch in '\(printable(operand.name))'; bind it with --shape")
    }
    return extents.map(\.factor)
  }

  func extents(_ operand: ONNXOperand) throws(ONNXNodeProblem) -> [Dimension] {
    guard !operand.type.element.isFloat, operand.type.element != .bool, operand.type.rank <= 1
    else { throw .invalid("takes integers in '\(printable(operand.name))'") }
    guard let extents = operand.extents else {
      throw .unsupported(
        "has a shape that depends on what is computed in '\(printable(operand.name))'")
    }
    return extents
  }

  /// The only element of an operand that is known.
  func scalar(_ operand: ONNXOperand) throws(ONNXNodeProblem) -> Double {
    guard let tensor = operand.known, !operand.isSymbolic else {
      throw .unsupported("takes '\(printable(operand.name))', which is not constant")
    }
    guard tensor.count == 1 else {
      throw .invalid("takes one number in '\(printable(operand.name))'")
    }
    return tensor.number(at: 0)
  }

  // Results.

  func emit(_ operation: any Operator, _ operands: ONNXOperand...) throws(ONNXNodeProblem)
    -> ONNXOperand
  {
    try context.emit(operation, operands, name: outputName)[0]
  }

  func constant(_ tensor: Tensor) -> ONNXOperand {
    ONNXOperand(name: context.unique(outputName), type: tensor.type, tensor: tensor)
  }

  /// A number of another operand's element type.
  func constant(_ number: Double, like operand: ONNXOperand) -> ONNXOperand {
    constant(Tensor(doubles: [number], shape: [], as: operand.type.element))
  }

  var outputName: String { node.outputs.first { !$0.isEmpty } ?? node.name }

  // Attributes.

  mutating func attribute(_ name: String) -> ONNXAttribute? {
    unread.remove(name)
    return node.attributes[name]
  }

  mutating func integer(_ name: String) throws(ONNXNodeProblem) -> Int? {
    guard let attribute = attribute(name) else { return nil }
    guard case .integer(let value) = attribute else { throw kind(name, "an integer") }
    return Int(value)
  }

  mutating func integer(_ name: String, default value: Int) throws(ONNXNodeProblem) -> Int {
    try integer(name) ?? value
  }

  mutating func flag(_ name: String, default value: Bool = false) throws(ONNXNodeProblem) -> Bool {
    try integer(name, default: value ? 1 : 0) != 0
  }

  mutating func integers(_ name: String) throws(ONNXNodeProblem) -> [Int]? {
    guard let attribute = attribute(name) else { return nil }
    guard case .integers(let values) = attribute else { throw kind(name, "integers") }
    return values.map { Int($0) }
  }

  mutating func float(_ name: String) throws(ONNXNodeProblem) -> Float? {
    guard let attribute = attribute(name) else { return nil }
    guard case .float(let value) = attribute else { throw kind(name, "a number") }
    return value
  }

  mutating func text(_ name: String, default value: String) throws(ONNXNodeProblem) -> String {
    guard let attribute = attribute(name) else { return value }
    guard let text = attribute.text else { throw kind(name, "a text") }
    return text
  }

  private func kind(_ name: String, _ kind: String) -> ONNXNodeProblem {
    .invalid("has the attribute '\(printable(name))', which is not \(kind)")
  }

  /// An axis counted from the front.
  func axis(_ axis: Int, rank: Int) throws(ONNXNodeProblem) -> Int {
    guard (-rank..<rank).contains(axis) else {
      throw .invalid("has the axis \(axis), outside a rank of \(rank)")
    }
    return axis < 0 ? axis + rank : axis
  }

  func axes(_ axes: [Int], rank: Int) throws(ONNXNodeProblem) -> [Int] {
    var result: [Int] = []
    for each in axes { result.append(try axis(each, rank: rank)) }
    guard Set(result).count == result.count else { throw .invalid("names an axis twice: \(axes)") }
    return result
  }
}
