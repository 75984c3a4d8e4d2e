internal import MosaicCore

/// Rotary position embeddings, and what they change places with.
let rotationRules: [GraphRewriter.Rule] = [
  // `x · cosines + x' · sines`.
  { operation, operands, name, rewriter in
    guard (operation as? ElementwiseBinary)?.function == .add || operation is Add,
      operands.count == 2
    else { return nil }
    for (plain, turned) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard let sines = rewriter.match(turned, .multiply),
        let cosines = rewriter.match(plain, .multiply)
      else { continue }
      for (other, sine) in [(sines[0], sines[1]), (sines[1], sines[0])] {
        for (x, cosine) in [(cosines[0], cosines[1]), (cosines[1], cosines[0])] {
          guard rewriter.type(x) == rewriter.type(other),
            let pairs = rewriter.pairs(changedOverIn: other, from: x),
            let found = rewriter.rotation(x, cosine, sine, pairs, name: name)
          else { continue }
          return found
        }
      }
    }
    return nil
  },
  // Moved after it was turned, where that undoes what moved it before.
  { operation, operands, name, rewriter in
    guard let transpose = operation as? Transpose,
      let rotation = rewriter.match(operands[0], RotaryEmbedding.self),
      rewriter.match(rotation.inputs[0], Transpose.self) != nil,
      transpose.order.first == 0, transpose.order.last == transpose.order.count - 1
    else { return nil }
    var moved: [ValueID] = []
    for input in rotation.inputs {
      guard let own = rewriter.emit(transpose, [input], name: name) else { return nil }
      moved.append(own)
    }
    return rewriter.emit(rotation.operation, moved, name: name)
  },
]

extension GraphRewriter {
  fileprivate mutating func rotation(
    _ x: ValueID, _ cosines: ValueID, _ sines: ValueID, _ pairs: RotationPairs, name: String
  ) -> ValueID? {
    var tables: [ValueID] = []
    for table in [cosines, sines] {
      let shape = type(table).shape
      guard shape.count <= type(x).rank else { return nil }
      let padded = [Dimension](repeating: 1, count: type(x).rank - shape.count) + shape
      guard let own = padded == shape ? table : emit(Reshape(to: padded), [table], name: name)
      else { return nil }
      tables.append(own)
    }
    guard
      (try? RotaryEmbedding(pairs: pairs).inferOutputs(from: ([x] + tables).map(type))) != nil
    else { return nil }
    return emit(RotaryEmbedding(pairs: pairs), [x] + tables, name: name)
  }

  /// Which coordinates of x a value has changed over, with the then first one negated; nil where it is
  /// no such value.
  fileprivate mutating func pairs(changedOverIn id: ValueID, from x: ValueID) -> RotationPairs? {
    let joined = moved(id)
    guard let concat = match(joined, Concat.self), concat.inputs.count == 2,
      let negated = match(moved(concat.inputs[0]), ElementwiseUnary.self),
      negated.operation.function == .negate,
      let second = half(negated.inputs[0], of: x), let first = half(concat.inputs[1], of: x),
      first.index == 0, second.index == 1, first.pairs == second.pairs,
      let wanted = shapes(of: x)
    else { return nil }
    let (shape, axis) = (type(joined).shape, concat.operation.axis)
    let isJoined =
      switch first.pairs {
      case .neighbours: shape == wanted.neighbours && axis == shape.count - 1
      case .halves:
        (shape == wanted.halves && axis == shape.count - 2)
          || (shape == type(x).shape && axis == shape.count - 1)
      }
    return isJoined ? first.pairs : nil
  }

  /// What a value is reshaped from.
  private func moved(_ id: ValueID) -> ValueID { match(id, Reshape.self)?.inputs[0] ?? id }

  /// The shapes of x with its last axis as pairs, and as two halves.
  private func shapes(of x: ValueID) -> (neighbours: [Dimension], halves: [Dimension])? {
    guard let size = type(x).shape.last, size.isFixed, size.factor.isMultiple(of: 2) else {
      return nil
    }
    let (rows, half) = (Array(type(x).shape.dropLast()), Dimension(size.factor / 2))
    return (rows + [half, 2], rows + [2, half])
  }

  /// Which coordinates of each pair of x a value holds: the first or the second.
  private mutating func half(
    _ id: ValueID, of x: ValueID
  ) -> (pairs: RotationPairs, index: Int)? {
    guard let part = part(id), moved(part.source) == moved(x), let wanted = shapes(of: x) else {
      return nil
    }
    let shape = type(part.source).shape
    if part.isStrided {
      return shape == type(x).shape && part.axis == shape.count - 1
        ? (.neighbours, part.index) : nil
    }
    if shape == wanted.neighbours, part.axis == shape.count - 1 { return (.neighbours, part.index) }
    let isHalf =
      (shape == wanted.halves && part.axis == shape.count - 2)
      || (shape == type(x).shape && part.axis == shape.count - 1)
    return isHalf ? (.halves, part.index) : nil
  }

  /// One of two equal parts of an axis, or of what is every second element of it.
  private mutating func part(
    _ id: ValueID
  ) -> (source: ValueID, axis: Int, index: Int, isStrided: Bool)? {
    let part = moved(id)
    guard let node = producer(part), let source = node.inputs.first else { return nil }
    let shape = type(source).shape
    switch node.operation {
    case let split as Split where split.parts == 2:
      guard let index = node.outputs.firstIndex(of: part) else { return nil }
      return (source, shape.count - 1, index, false)
    case let slice as Slice where shape[slice.axis] == Dimension(2 * slice.count):
      if slice.step == 2 { return (source, slice.axis, slice.start, true) }
      guard slice.step == 1, slice.start == 0 || slice.start == slice.count else { return nil }
      return (source, slice.axis, slice.start == 0 ? 0 : 1, false)
    case let take as Take where shape[take.axis] == 2 && type(node.inputs[1]).rank == 0:
      guard let index = constant(node.inputs[1])?.integers.first else { return nil }
      return (source, take.axis, Int(index & 1), false)
    default: return nil
    }
  }
}
