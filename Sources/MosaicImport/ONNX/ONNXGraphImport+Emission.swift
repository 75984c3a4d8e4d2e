internal import MosaicCore
internal import MosaicIR

extension ONNXGraphImport {
  /// The results of an operation: worked out where the operands are known, else of a new node.
  func emit(
    _ operation: any Operator, _ operands: [ONNXOperand], name: String
  ) throws(ONNXNodeProblem) -> [ONNXOperand] {
    let types: [TensorType]
    do {
      types = try Graph.results(of: operation, operands.map(\.type), node: name)
    } catch {
      if let freed = try freed(operands, for: operation, name: name) {
        return try emit(operation, freed, name: name)
      }
      throw .invalid(error.problem)
    }
    if operands.contains(where: \.isSymbolic) {
      if let result = symbolicResult(of: operation, operands, type: types[0], name: name) {
        return [result]
      }
    }
    let isBound = operands.contains { $0.id != nil }
    // What one binding decides is worked out twice, so only where it may be a shape.
    let mayFold = !isBound || types.allSatisfy { $0.mayBeShape }
    let results = mayFold ? try fold(operation, operands, types) : nil
    if let results, !isBound {
      return zip(types, results).map { type, tensor in
        ONNXOperand(name: unique(name), type: type, tensor: tensor)
      }
    }
    var ids: [ValueID] = []
    for operand in operands { ids.append(try materialise(operand)) }
    let outputs: [ValueID]
    do {
      outputs = try graph.add(operation, ids, name: unique(name))
    } catch {
      throw .invalid(error.problem)
    }
    return outputs.enumerated().map { index, id in
      ONNXOperand(name: graph[id].name, type: types[index], id: id, tensor: results?[index])
    }
  }

  /// Products of more are left to the network.
  private var foldedMacs: Int { 1 << 22 }

  /// Results for operands that are all known; nil where they are not, or too large.
  private func fold(
    _ operation: any Operator, _ operands: [ONNXOperand], _ types: [TensorType]
  ) throws(ONNXNodeProblem) -> [Tensor]? {
    let counts = types.compactMap { $0.isFixed ? $0.count?.factor : nil }
    guard counts.count == types.count, !operands.contains(where: \.isSymbolic),
      counts.reduce(0, +) <= ONNXOperand.foldedCount,
      operands.allSatisfy({ $0.tensor != nil || $0.stored != nil })
    else { return nil }
    let tensors = operands.compactMap(\.known)
    guard operation.cost(of: operands.map(\.type), outputs: types).macs <= foldedMacs else {
      return nil
    }
    let bytes = zip(types, counts).reduce(0) { $0 + $1.0.element.byteWidth * $1.1 }
    guard tensors.count == operands.count, reserve(bytes: bytes) else { return nil }
    if let problem = operation.problem(with: tensors) { throw .invalid("fails: \(problem)") }
    return operation.evaluate(tensors)
  }

  /// What an operation on extents gives where some depend on the batch; nil where that is no vector
  /// of extents again.
  private func symbolicResult(
    of operation: any Operator, _ operands: [ONNXOperand], type: TensorType, name: String
  ) -> ONNXOperand? {
    let tensors = operands.compactMap { operand in
      operand.known.map { $0.element.isFloat ? $0 : $0.widened(keeping: .bool) }
    }
    // Larger numbers would be taken for codes.
    let bound: Int64 = 1 << 48
    let isReadable = zip(operands, tensors).allSatisfy { operand, tensor in
      operand.isSymbolic || tensor.integers.allSatisfy { $0 < bound }
    }
    guard tensors.count == operands.count, isReadable, type.isFixed,
      (type.count?.factor ?? .max) <= ONNXOperand.foldedCount
    else { return nil }
    let result: Tensor
    switch operation {
    case is Reshape, is Transpose, is Expand, is Slice, is Concat, is Tile, is Split:
      result = operation.evaluate(tensors)[0]
    case is Take where !operands[1].isSymbolic, is Select where !operands[0].isSymbolic:
      guard operation.problem(with: tensors) == nil else { return nil }
      result = operation.evaluate(tensors)[0]
    case let cast as Cast where !cast.element.isFloat && cast.element != .bool:
      result = tensors[0]
    case let binary as ElementwiseBinary:
      guard let combined = combine(binary.function, operands, tensors, type) else { return nil }
      result = combined
    default: return nil
    }
    let isSymbolic = result.element == .i64 && result.integers.contains { $0 >= bound }
    return ONNXOperand(
      name: unique(name), type: type,
      tensor: isSymbolic || result.element == .bool
        ? result : Tensor(integers: result.integers, shape: result.shape, as: type.element),
      isSymbolic: isSymbolic)
  }

  private func combine(
    _ function: ElementwiseBinary.Function, _ operands: [ONNXOperand], _ tensors: [Tensor],
    _ type: TensorType
  ) -> Tensor? {
    let shape = type.shape(batch: 1)
    let sides = tensors.map { Expand(to: type.shape).evaluate([$0])[0].integers }
    var codes: [Int64] = []
    for (x, y) in zip(sides[0], sides[1]) {
      let (a, b) = (Dimension(code: x), Dimension(code: y))
      let code: Int64?
      switch function {
      case .multiply: code = a.multiplied(by: b)?.code
      case .divide: code = a.divided(by: b)?.code
      case .add: code = a.added(to: b)?.code
      case .subtract: code = a.added(to: Dimension(-b.factor, power: b.power))?.code
      // A batch has at least one sample, so no extent is zero or less.
      case .equal:
        code = x == y ? 1 : a.isFixed == b.isFixed || min(a.factor, b.factor) <= 0 ? 0 : nil
      default: code = nil
      }
      guard let code else { return nil }
      codes.append(code)
    }
    return Tensor(integers: codes, shape: shape, as: function == .equal ? .bool : .i64)
  }
}

extension TensorType {
  /// Whether it may decide another value's shape: some integers, or a few factors.
  var mayBeShape: Bool { (count?.factor ?? .max) <= (element.isFloat ? 16 : 4096) && isFixed }
}

extension Tensor {
  /// Integers as 64 bits, but those of `element`.
  fileprivate func widened(keeping element: DataType) -> Tensor {
    self.element == element ? self : Tensor(integers: integers, shape: shape)
  }
}
