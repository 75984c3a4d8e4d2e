internal import MosaicCore
internal import MosaicIR

/// Operators that work element by element.
let elementwiseImporters: [String: ONNXNodeImport.Importer] =
  unaryImporters.merging(binaryImporters) { first, _ in first }.merging([
    "Cast": { node in
      guard let number = try node.integer("to"), let code = Int32(exactly: number),
        let type = ONNXElementType(rawValue: code)
      else { throw ONNXNodeProblem.invalid("names no type to cast to") }
      // Only casts to 8-bit floats can saturate, or be rounded otherwise.
      _ = try node.integer("saturate")
      _ = try node.text("round_mode", default: "up")
      return [try node.cast(node.operand(0), to: type)]
    },
    "CastLike": { node in
      _ = try node.integer("saturate")
      _ = try node.text("round_mode", default: "up")
      return [try node.emit(Cast(to: node.operand(1).type.element), node.operand(0))]
    },
    "Clip": { node in
      var value = try node.operand(0)
      for (index, function) in [(1, ElementwiseBinary.Function.maximum), (2, .minimum)] {
        guard let bound = node.optional(index) else { continue }
        value = try node.emit(ElementwiseBinary(function), value, bound)
      }
      return [value]
    },
    "Gelu": { node in
      let x = try node.operand(0)
      let form = try node.text("approximate", default: "none")
      guard let isTanh = ["none": false, "tanh": true][form] else {
        throw ONNXNodeProblem.unsupported("has the approximation '\(printable(form))'")
      }
      guard x.type.element == .f32 else {
        return [try node.emit(ElementwiseUnary(isTanh ? .geluTanh : .geluErf), x)]
      }
      return [try node.emit(Activate(isTanh ? .geluTanh : .geluErf), x)]
    },
    "Identity": { node in [try node.operand(0)] },
    "Dropout": { node in
      _ = try node.integer("seed")
      if let training = node.optional(2), try node.scalar(training) != 0 {
        throw ONNXNodeProblem.unsupported("is in training mode")
      }
      return [try node.operand(0)]
    },
    "Mod": { node in
      let isCutOff = try node.flag("fmod")
      return [
        try node.emit(
          ElementwiseBinary(isCutOff ? .remainder : .modulo), node.operand(0), node.operand(1))
      ]
    },
    "Swish": { node in
      let x = try node.operand(0)
      let alpha = try node.float("alpha") ?? 1
      guard alpha != 1 else { return [try node.emit(ElementwiseUnary(.silu), x)] }
      let scaled = try node.emit(
        ElementwiseBinary(.multiply), x, node.constant(Double(alpha), like: x))
      let gate = try node.emit(ElementwiseUnary(.sigmoid), scaled)
      return [try node.emit(ElementwiseBinary(.multiply), x, gate)]
    },
    // NaN alone is unequal to itself.
    "IsNaN": { node in
      let x = try node.operand(0)
      return [
        try node.emit(ElementwiseUnary(.not), node.emit(ElementwiseBinary(.equal), x, x))
      ]
    },
    "Where": { node in
      [try node.emit(Select(), node.operand(0), node.operand(1), node.operand(2))]
    },
  ]) { first, _ in first }

private let unaryImporters: [String: ONNXNodeImport.Importer] =
  ([
    "Abs": .absolute, "Ceil": .ceiling, "Cos": .cosine, "Erf": .erf, "Exp": .exponential,
    "Floor": .floor, "Log": .logarithm, "Neg": .negate, "Not": .not, "Reciprocal": .reciprocal,
    "Relu": .rectify, "Round": .round, "Sigmoid": .sigmoid, "Sign": .sign, "Sin": .sine,
    "Softplus": .softplus, "Sqrt": .squareRoot, "Tan": .tangent, "Tanh": .tanh,
  ] as [String: ElementwiseUnary.Function]).mapValues { function in
    { node in [try node.emit(ElementwiseUnary(function), node.operand(0))] }
  }

private let binaryImporters: [String: ONNXNodeImport.Importer] =
  ([
    "Add": .add, "Div": .divide, "Mul": .multiply, "Pow": .power, "Sub": .subtract,
    "Max": .maximum, "Min": .minimum, "Sum": .add,
    "Equal": .equal, "Greater": .greater, "GreaterOrEqual": .greaterOrEqual, "Less": .less,
    "LessOrEqual": .lessOrEqual, "And": .and, "Or": .or, "Xor": .xor,
  ] as [String: ElementwiseBinary.Function]).mapValues { function in
    { node in
      let operands = try node.operands()
      let isVariadic = ["Max", "Min", "Sum"].contains(node.node.operation)
      guard isVariadic || operands.count == 2 else {
        throw ONNXNodeProblem.invalid("has \(operands.count) inputs instead of 2")
      }
      var value = operands[0]
      for other in operands.dropFirst() {
        value = try node.emit(ElementwiseBinary(function), value, other)
      }
      return [value]
    }
  }

extension ONNXNodeImport {
  func cast(
    _ operand: ONNXOperand, to type: ONNXElementType
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    guard let element = type.dataType, element != .f8e4m3, element != .f8e5m2 else {
      throw .unsupported("casts to \(type.name)")
    }
    return try cast(operand, to: element)
  }

  func cast(
    _ operand: ONNXOperand, to element: DataType
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    operand.type.element == element ? operand : try emit(Cast(to: element), operand)
  }
}
