#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rows of tables, and sinusoids of the timestep.
let embeddingRules: [GraphRewriter.Rule] = [
  { operation, operands, name, rewriter in
    guard (operation as? Take)?.axis == 0, rewriter.isWeight(operands[0]),
      rewriter.type(operands[0]).rank == 2, rewriter.type(operands[1]).rank == 1,
      rewriter.type(operands[0]).element == .f32
    else { return nil }
    return rewriter.emit(Gather(), [operands[1], operands[0]], name: name)
  },
  { operation, operands, name, rewriter in
    guard let concat = operation as? Concat, concat.axis == 1, operands.count == 2,
      let first = rewriter.match(operands[0], ElementwiseUnary.self),
      let second = rewriter.match(operands[1], ElementwiseUnary.self),
      first.inputs == second.inputs,
      Set([first.operation.function, second.operation.function]) == [.sine, .cosine],
      let angles = rewriter.match(first.inputs[0], .multiply)
    else { return nil }
    for (column, row) in [(angles[0], angles[1]), (angles[1], angles[0])] {
      guard let times = rewriter.times(column, name: name),
        let rates = rewriter.constant(row)?.doubles,
        rewriter.type(first.inputs[0]).shape.last?.factor == rates.count,
        let law = FrequencyLaw(rates)
      else { continue }
      return rewriter.emit(
        TimestepEmbedding(
          width: 2 * rates.count, maxPeriod: law.maxPeriod, frequencyShift: law.shift,
          isCosineFirst: first.operation.function == .cosine), [times], name: name)
    }
    return nil
  },
  // Sines and cosines that change places.
  { operation, operands, name, rewriter in
    guard let concat = operation as? Concat, concat.axis == 1, operands.count == 2,
      let halves = rewriter.producer(operands[0]), halves.operation as? Split == Split(parts: 2),
      halves.outputs == [operands[1], operands[0]],
      var sinusoids = rewriter.match(halves.inputs[0], TimestepEmbedding.self)
    else { return nil }
    sinusoids.operation.isCosineFirst.toggle()
    return rewriter.emit(sinusoids.operation, sinusoids.inputs, name: name)
  },
]

/// Frequencies `exp(-ln(maxPeriod) · i / (count - shift))`.
private struct FrequencyLaw {
  var maxPeriod: Float
  var shift: Float

  /// Nil where the rates are others, within rounding.
  init?(_ rates: [Double]) {
    for (period, shift) in [(10_000.0, 0.0), (10_000, 1)] where Double(rates.count) > shift {
      let fits = rates.enumerated().allSatisfy { index, rate in
        let wanted = exp(-log(period) * Double(index) / (Double(rates.count) - shift))
        return abs(rate - wanted) <= 1e-5 * wanted
      }
      guard fits, rates.count > 2 else { continue }
      (maxPeriod, self.shift) = (Float(period), Float(shift))
      return
    }
    return nil
  }
}

extension GraphRewriter {
  /// The timesteps [n] that a column [n, 1] is made of, with the number they are multiplied by.
  fileprivate mutating func times(_ column: ValueID, name: String) -> ValueID? {
    guard type(column).rank == 2, type(column).shape[1] == 1 else { return nil }
    var source = column
    var factor = 1.0
    while true {
      if let cast = match(source, Cast.self) {
        source = cast.inputs[0]
      } else if let reshape = match(source, Reshape.self) {
        source = reshape.inputs[0]
      } else if let product = scaled(source), type(source).element == .f32 {
        (source, factor) = (product.value, factor * product.factor)
      } else {
        guard type(source).rank == 1, factor == 1 || type(source).element == .f32 else {
          return nil
        }
        return multiply(source, by: factor, name: name)
      }
    }
  }
}
