internal import MosaicBundle

extension Program {
  /// By instruction, the end of the run of neighbouring products of the same rows that it is in, as
  /// the projections of an attention are; of other instructions, the next one.
  ///
  /// Those of a run may be computed in one go: none reads or overwrites what another writes.
  var joinedProductEnds: [Int] {
    var ends = Array(1..<instructions.count + 1)
    for index in instructions.indices.reversed().dropFirst() {
      let run = index + 1..<ends[index + 1]
      if run.allSatisfy({ isJoined(index, $0) }) { ends[index] = run.upperBound }
    }
    return ends
  }

  private func isJoined(_ first: Int, _ second: Int) -> Bool {
    let (a, b) = (instructions[first], instructions[second])
    guard case .linear(let rows, let inner, _, _) = a.operation,
      case .linear(rows, inner, _, _) = b.operation, a.inputs[0] == b.inputs[0],
      case .arena(let start) = values[a.output].storage,
      case .arena(let other) = values[b.output].storage
    else { return false }
    return start + values[a.output].shape.reduce(1, *) <= other
      || other + values[b.output].shape.reduce(1, *) <= start
  }
}
