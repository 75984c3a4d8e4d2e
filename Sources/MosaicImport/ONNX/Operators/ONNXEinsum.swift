internal import MosaicCore
internal import MosaicIR

/// Einstein's summation of one or two operands, as transpositions, sums and one product.
extension ONNXNodeImport {
  /// The labels of an operand's axes; those of an ellipsis are numbered from the end.
  private typealias Labels = [String]

  mutating func einsum() throws(ONNXNodeProblem) -> ONNXOperand {
    let operands = try operands()
    let equation = try text("equation", default: "").filter { $0 != " " }
    let sides = equation.split(separator: ">", omittingEmptySubsequences: false)
    let left = sides[0].hasSuffix("-") ? sides[0].dropLast() : sides[0]
    let terms = left.split(separator: ",", omittingEmptySubsequences: false)
    guard sides.count <= 2, sides.count == 1 || sides[0].hasSuffix("-"),
      terms.count == operands.count
    else { throw .invalid("has the equation '\(printable(equation))'") }
    guard operands.count <= 2 else { throw .unsupported("sums over \(operands.count) operands") }
    var values: [(value: ONNXOperand, labels: Labels)] = []
    for (term, operand) in zip(terms, operands) {
      let labels = try labels(of: term, rank: operand.type.rank, in: equation)
      values.append(try diagonal(of: operand, labels))
    }
    let result =
      sides.count == 2
      ? try labels(of: sides[1], rank: nil, in: equation, ellipsis: values.map(\.labels))
      : implicitResult(values.map(\.labels))
    guard Set(result).count == result.count,
      result.allSatisfy({ label in values.contains { $0.labels.contains(label) } })
    else { throw .invalid("has the equation '\(printable(equation))'") }
    for index in values.indices {
      let others = Set(values.indices.filter { $0 != index }.flatMap { values[$0].labels } + result)
      values[index] = try summing(values[index], keeping: others)
    }
    let product = values.count == 2 ? try multiply(values[0], values[1], result) : values[0]
    return try transpose(product.value, result.compactMap { product.labels.firstIndex(of: $0) })
  }

  private func labels(
    of term: Substring, rank: Int?, in equation: String, ellipsis known: [Labels] = []
  ) throws(ONNXNodeProblem) -> Labels {
    let problem = ONNXNodeProblem.invalid("has the equation '\(printable(equation))'")
    let parts = term.split(separator: "...", omittingEmptySubsequences: false)
    guard parts.count <= 2, term.filter({ $0 != "." }).allSatisfy({ $0.isASCII && $0.isLetter }),
      parts.allSatisfy({ !$0.contains(".") })
    else { throw problem }
    let named = parts.map { $0.map(String.init) }
    let count = named.reduce(0) { $0 + $1.count }
    guard parts.count == 2 else {
      guard rank ?? count == count else { throw problem }
      return named[0]
    }
    let inside = known.flatMap { $0 }.compactMap(Int.init).map { $0 + 1 }.max() ?? 0
    let hidden = rank.map { $0 - count } ?? inside
    guard hidden >= 0 else { throw problem }
    return named[0] + (0..<hidden).reversed().map(String.init) + named[1]
  }

  /// Without an arrow: what stands once, in alphabetical order, behind the ellipsis' axes.
  private func implicitResult(_ labels: [Labels]) -> Labels {
    let all = labels.flatMap { $0 }
    let hidden = Set(all.compactMap(Int.init)).sorted(by: >).map(String.init)
    let single = Set(all).filter { label in
      Int(label) == nil && all.filter { $0 == label }.count == 1
    }
    return hidden + single.sorted()
  }

  /// A label that stands twice is a diagonal: every (n + 1)th of n · n elements.
  private func diagonal(
    of value: ONNXOperand, _ labels: Labels
  ) throws(ONNXNodeProblem) -> (value: ONNXOperand, labels: Labels) {
    guard let label = labels.first(where: { one in labels.filter { $0 == one }.count > 1 }) else {
      return (value, labels)
    }
    let pair = labels.indices.filter { labels[$0] == label }.prefix(2)
    let rest = labels.indices.filter { !pair.contains($0) }
    let extent = value.type.shape[pair[0]]
    guard extent == value.type.shape[pair[1]], extent.isFixed,
      let squared = extent.multiplied(by: extent)
    else { throw .invalid("takes the diagonal of \(value.type)") }
    let last = try transpose(value, rest + pair)
    let flat = try reshape(last, to: rest.map { value.type.shape[$0] } + [squared])
    let cut = try cut(
      flat, axis: rest.count, start: 0, step: extent.factor + 1, count: extent.factor)
    return try diagonal(of: cut, rest.map { labels[$0] } + [label])
  }

  private func summing(
    _ term: (value: ONNXOperand, labels: Labels), keeping kept: Set<String>
  ) throws(ONNXNodeProblem) -> (value: ONNXOperand, labels: Labels) {
    let axes = term.labels.indices.filter { !kept.contains(term.labels[$0]) }
    if axes.isEmpty { return term }
    return (
      try emit(Reduce(.sum, axes: axes, keepsAxes: false), term.value),
      term.labels.filter(kept.contains)
    )
  }

  /// Axes in four kinds, each folded into one: in both operands and the result, in the first and the
  /// result, in both alone, in the second and the result.
  private func multiply(
    _ a: (value: ONNXOperand, labels: Labels), _ b: (value: ONNXOperand, labels: Labels),
    _ result: Labels
  ) throws(ONNXNodeProblem) -> (value: ONNXOperand, labels: Labels) {
    func extent(_ label: String) -> Dimension {
      let first = a.labels.firstIndex(of: label).map { a.value.type.shape[$0] }
      let second = b.labels.firstIndex(of: label).map { b.value.type.shape[$0] }
      return first == nil || first == 1 ? second ?? 1 : first ?? 1
    }
    let shared = a.labels.filter { b.labels.contains($0) && result.contains($0) }
    let inner = a.labels.filter { b.labels.contains($0) && !result.contains($0) }
    let rows = a.labels.filter { !b.labels.contains($0) }
    let columns = b.labels.filter { !a.labels.contains($0) }
    func matrices(
      _ term: (value: ONNXOperand, labels: Labels), _ first: Labels, _ second: Labels
    ) throws(ONNXNodeProblem) -> ONNXOperand {
      let order = (shared + first + second).compactMap { term.labels.firstIndex(of: $0) }
      let full = try expand(
        transpose(term.value, order), to: (shared + first + second).map(extent))
      return try reshape(
        full, to: shared.map(extent) + [product(first.map(extent)), product(second.map(extent))])
    }
    let y = try emit(MatMul(), matrices(a, rows, inner), matrices(b, inner, columns))
    let labels = shared + rows + columns
    return (try reshape(y, to: labels.map(extent)), labels)
  }
}
