/// Factors that are one number come last, behind movements and products, and as one.
let scaleRules: [GraphRewriter.Rule] = [
  { operation, operands, name, rewriter in
    guard operation is Reshape || operation is Transpose,
      let scaled = rewriter.scaled(operands[0]),
      let moved = rewriter.emit(operation, [scaled.value], name: name)
    else { return nil }
    return rewriter.multiply(moved, by: scaled.factor, name: name)
  },
  { operation, operands, name, rewriter in
    guard operation is MatMul else { return nil }
    for index in 0..<2 {
      guard let scaled = rewriter.scaled(operands[index]) else { continue }
      var plain = operands
      plain[index] = scaled.value
      return rewriter.emit(operation, plain, name: name).flatMap {
        rewriter.multiply($0, by: scaled.factor, name: name)
      }
    }
    return nil
  },
  { operation, operands, name, rewriter in
    guard let binary = operation as? ElementwiseBinary,
      let type = try? operation.inferOutputs(from: operands.map(rewriter.type))[0]
    else { return nil }
    for (x, other) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard let number = rewriter.uniform(other), rewriter.type(x) == type else { continue }
      switch binary.function {
      case .multiply where number == 1: return x
      case .multiply where type.element == .f32:
        guard let inner = rewriter.scaled(x) else { continue }
        return rewriter.multiply(inner.value, by: inner.factor * number, name: name)
      case .add where number == 0: return x
      case .divide
      where type.element == .f32 && other == operands[1] && number != 0 && number.isNormal:
        return rewriter.multiply(x, by: 1 / number, name: name)
      default: continue
      }
    }
    return nil
  },
]
