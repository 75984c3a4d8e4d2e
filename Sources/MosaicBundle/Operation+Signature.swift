internal import MosaicCore

extension Program.Operation {
  /// What an operation takes and gives, as `Program.Operation` documents it.
  struct Signature {
    enum Shape: CustomStringConvertible {
      case exactly([Int])
      /// Any shape of so many elements.
      case count(Int)

      func accepts(_ shape: [Int]) -> Bool {
        switch self {
        case .exactly(let expected): shape == expected
        case .count(let count): MosaicCore.elementCount(of: shape) == count
        }
      }

      var description: String {
        switch self {
        case .exactly(let shape): "\(shape)"
        case .count(let count): "\(count) elements"
        }
      }
    }

    struct Operand {
      var shape: Shape
      var kinds: [ValuePlace.Kind]

      static func floats(_ shape: [Int]) -> Self { .init(shape: .exactly(shape), kinds: [.floats]) }
      static func weight(_ shape: [Int]) -> Self { .init(shape: .exactly(shape), kinds: [.weight]) }
      static func floats(count: Int) -> Self { .init(shape: .count(count), kinds: [.floats]) }
      static func any(count: Int) -> Self {
        .init(shape: .count(count), kinds: [.floats, .weight])
      }
    }

    var operands: [Operand]
    var result: Shape
  }

  /// - Throws: `ProgramError` where an attribute or the number of operands is impossible.
  func signature(
    operandCount: Int, at place: ProgramError.Place
  ) throws(ProgramError) -> Signature {
    let result = try signature(operandCount: operandCount, SizeCheck(place: place))
    guard result.operands.count == operandCount else {
      throw ProgramError(
        place, "takes \(result.operands.count) operands but has \(operandCount)")
    }
    return result
  }

  private func signature(
    operandCount: Int, _ check: SizeCheck
  ) throws(ProgramError) -> Signature {
    switch self {
    case .linear(let rows, let inner, let outer, _):
      try check.sizes(rows, inner, outer)
      try check.matrixSides(rows, inner, outer)
      let bias: [Signature.Operand] = operandCount > 2 ? [.weight([outer])] : []
      return Signature(
        operands: [.floats([rows, inner]), .weight([outer, inner])] + bias,
        result: .exactly([rows, outer]))

    case .convolution(
      let channels, let height, let width, let outer, let kernel, let stride, let padding):
      try check.sizes(channels, height, width, outer, kernel, stride)
      try check.matrixSides(
        outer, try check.product(channels, kernel, kernel), try check.product(height, width))
      guard (0..<max(kernel, 1)).contains(padding) else {
        throw ProgramError(check.place, "has a padding of \(padding) and a kernel of \(kernel)")
      }
      guard height + 2 * padding >= kernel, width + 2 * padding >= kernel else {
        throw ProgramError(check.place, "its kernel of \(kernel) is larger than its input")
      }
      let bias: [Signature.Operand] = operandCount > 2 ? [.weight([outer])] : []
      return Signature(
        operands: [
          .floats([channels, height, width]), .weight([outer, channels, kernel, kernel]),
        ] + bias,
        result: .exactly([
          outer, (height + 2 * padding - kernel) / stride + 1,
          (width + 2 * padding - kernel) / stride + 1,
        ]))

    case .attention(let heads, let size, let queries, let keys, let scale):
      let width = try check.product(heads, size)
      try check.matrixSides(queries, keys, width)
      // The scores, which an implementation may hold.
      _ = try check.product(heads, queries, keys)
      try check.finite(scale)
      return Signature(
        operands: [.floats([queries, width]), .floats([keys, width]), .floats([keys, width])],
        result: .exactly([queries, width]))

    case .layerNorm(let rows, let width, let epsilon, let isAffine, let isModulated):
      try check.sizes(rows, width)
      try check.finite(epsilon)
      guard epsilon >= 0 else { throw ProgramError(check.place, "its epsilon is \(epsilon)") }
      return Signature(
        operands: [.floats([rows, width])]
          + (isAffine ? [.weight([width]), .weight([width])] : [])
          + (isModulated ? [.floats([width]), .floats([width])] : []),
        result: .exactly([rows, width]))

    case .gatedAdd(let rows, let width):
      try check.sizes(rows, width)
      return Signature(
        operands: [.floats([rows, width]), .floats([rows, width]), .floats([width])],
        result: .exactly([rows, width]))

    case .addRow(let rows, let width):
      try check.sizes(rows, width)
      let gate: [Signature.Operand] = operandCount > 2 ? [.floats([width])] : []
      return Signature(
        operands: [.floats([rows, width]), .weight([width])] + gate,
        result: .exactly([rows, width]))

    case .add(let count):
      try check.sizes(count)
      return Signature(
        operands: [
          .floats(count: count), .init(shape: .count(count), kinds: [.floats, .weight]),
        ], result: .count(count))

    case .activation(_, let count):
      try check.sizes(count)
      return Signature(operands: [.floats(count: count)], result: .count(count))

    case .timestepEmbedding(let width, let maxPeriod, let frequencyShift, _):
      try check.sizes(width)
      try check.finite(maxPeriod)
      try check.finite(frequencyShift)
      guard width.isMultiple(of: 2), maxPeriod > 0, Float(width / 2) > frequencyShift else {
        throw ProgramError(
          check.place,
          "has no frequencies for width \(width), period \(maxPeriod), shift \(frequencyShift)")
      }
      return Signature(operands: [.floats([1])], result: .exactly([width]))

    case .gather(let rows, let width):
      try check.sizes(rows, width)
      return Signature(
        operands: [
          .init(shape: .exactly([1]), kinds: [.integers]), .weight([rows, width]),
        ], result: .exactly([width]))

    case .permute(let shape, let order):
      guard !shape.isEmpty, order.sorted() == Array(shape.indices),
        shape.count <= BundleLimits.rank
      else {
        throw ProgramError(check.place, "\(order) is no order of the axes of \(shape)")
      }
      return Signature(
        operands: [.floats(shape)], result: .exactly(order.map { shape[$0] }))

    case .general(let operation): return try operation.signature(check)
    }
  }
}

/// Bounds on the sizes an instruction states, so that arithmetic with them cannot overflow.
struct SizeCheck {
  let place: ProgramError.Place

  func sizes(_ values: Int...) throws(ProgramError) {
    for value in values where value < 1 || value > BundleLimits.size {
      throw ProgramError(place, "has the size \(value)")
    }
  }

  /// Sides of matrices, which libraries for products index with 32 bits.
  func matrixSides(_ values: Int...) throws(ProgramError) {
    for value in values where value > Int(Int32.max) {
      throw ProgramError(place, "has a matrix of \(value) rows or columns, over \(Int32.max)")
    }
  }

  func product(_ values: Int...) throws(ProgramError) -> Int {
    guard values.allSatisfy({ $0 > 0 }), let product = elementCount(of: values),
      product <= BundleLimits.size
    else { throw ProgramError(place, "has the sizes \(values)") }
    return product
  }

  func finite(_ value: Float) throws(ProgramError) {
    guard value.isFinite else { throw ProgramError(place, "has the number \(value)") }
  }
}
