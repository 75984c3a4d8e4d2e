internal import MosaicCore

extension Program.GeneralOperation {
  typealias Signature = Program.Operation.Signature

  func signature(_ check: SizeCheck) throws(ProgramError) -> Signature {
    switch self {
    case .unary(_, let count):
      try check.sizes(count)
      return Signature(operands: [.floats(count: count)], result: .count(count))

    case .binary(_, let a, let b):
      let result = try check.broadcast([a, b])
      return Signature(
        operands: [.any(count: try check.count(a)), .any(count: try check.count(b))],
        result: .count(try check.count(result)))

    case .choose(let condition, let a, let b):
      let shapes = [condition, a, b]
      let result = try check.broadcast(shapes)
      var operands: [Signature.Operand] = []
      for shape in shapes { operands.append(.any(count: try check.count(shape))) }
      return Signature(operands: operands, result: .count(try check.count(result)))

    case .modulate(let rows, let width):
      let count = try check.product(rows, width)
      return Signature(
        operands: [.floats(count: count), .floats(count: width), .floats(count: width)],
        result: .count(count))

    case .groupNorm(let groups, let channels, let pixels, let epsilon, let isAffine, _):
      try check.sizes(groups)
      let count = try check.product(channels, pixels)
      try check.epsilon(epsilon)
      guard channels.isMultiple(of: groups) else {
        throw ProgramError(check.place, "has \(channels) channels in \(groups) groups")
      }
      return Signature(
        operands: [.floats(count: count)]
          + (isAffine ? [.weight([channels]), .weight([channels])] : []),
        result: .count(count))

    case .rmsNorm(let rows, let width, let epsilon):
      let count = try check.product(rows, width)
      try check.epsilon(epsilon)
      return Signature(
        operands: [.floats(count: count), .weight([width])], result: .count(count))

    case .softmax(let rows, let width):
      let count = try check.product(rows, width)
      return Signature(operands: [.floats(count: count)], result: .count(count))

    case .matmul(
      let batches, let aBatches, let bBatches, let rows, let inner, let columns):
      try check.matrixSides(rows, inner, columns)
      for own in [aBatches, bBatches] where own != batches && own != 1 {
        throw ProgramError(check.place, "has \(own) matrices for \(batches) products")
      }
      return Signature(
        operands: [
          .any(count: try check.product(aBatches, rows, inner)),
          .any(count: try check.product(bBatches, inner, columns)),
        ], result: .count(try check.product(batches, rows, columns)))

    case .pick(let outer, let extent, let inner, let indices):
      let count = try check.product(outer, extent, inner)
      guard indices.allSatisfy({ (-1..<extent).contains($0) }) else {
        throw ProgramError(check.place, "picks elements outside an axis of \(extent)")
      }
      return Signature(
        operands: [.any(count: count)],
        result: .count(try check.product(outer, indices.count, inner)))

    case .join(let outer, let widths):
      var operands: [Signature.Operand] = []
      var total = 0
      for width in widths {
        operands.append(.any(count: try check.product(outer, width)))
        total += width
        try check.sizes(total)
      }
      return Signature(operands: operands, result: .count(try check.product(outer, total)))

    case .reduce(_, let outer, let extent, let inner):
      let count = try check.product(outer, extent, inner)
      return Signature(
        operands: [.floats(count: count)], result: .count(try check.product(outer, inner)))

    case .maskedAttention(
      let heads, let size, let queries, let keys, let scale, let maskHeads, let maskQueries):
      let width = try check.product(heads, size)
      try check.matrixSides(queries, keys, width)
      // The scores, which an implementation may hold.
      _ = try check.product(heads, queries, keys)
      try check.finite(scale)
      for (own, all) in [(maskHeads, heads), (maskQueries, queries)] where own != all && own != 1 {
        throw ProgramError(check.place, "has a mask of \(own) for \(all)")
      }
      let row = Signature.Operand.floats(count: try check.product(keys, width))
      return Signature(
        operands: [
          .floats(count: try check.product(queries, width)), row, row,
          .any(count: try check.product(maskHeads, maskQueries, keys)),
        ], result: .count(try check.product(queries, width)))

    case .rotate(_, let outer, let length, let inner, let size):
      guard size.isMultiple(of: 2) else {
        throw ProgramError(check.place, "turns \(size) coordinates in pairs")
      }
      let count = try check.product(outer, length, inner, size)
      let table = Signature.Operand.any(count: try check.product(length, size))
      return Signature(
        operands: [.floats(count: count), table, table], result: .count(count))
    }
  }
}

extension SizeCheck {
  fileprivate func count(_ shape: [Int]) throws(ProgramError) -> Int {
    guard !shape.isEmpty, shape.count <= BundleLimits.rank, shape.allSatisfy({ $0 > 0 }),
      let count = elementCount(of: shape), count <= BundleLimits.size
    else { throw ProgramError(place, "has the shape \(shape.prefix(BundleLimits.rank + 1))") }
    return count
  }

  /// The shape that all repeat to.
  fileprivate func broadcast(_ shapes: [[Int]]) throws(ProgramError) -> [Int] {
    for shape in shapes { _ = try count(shape) }
    var result = shapes[0]
    for shape in shapes {
      guard shape.count == result.count,
        zip(shape, result).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 })
      else {
        throw ProgramError(
          place, "has shapes that do not repeat to one: \(shapes.map(\.description))")
      }
      result = zip(shape, result).map(max)
    }
    return result
  }

  fileprivate func epsilon(_ epsilon: Float) throws(ProgramError) {
    try finite(epsilon)
    guard epsilon >= 0 else { throw ProgramError(place, "its epsilon is \(epsilon)") }
  }
}
