internal import MosaicBundle
internal import MosaicKernels

/// A weight of a program as the executor reads it.
public enum ProgramWeight: Sendable {
  /// As it is stored, in one place.
  case plain(WeightRows)
  /// A product's matrix, rearranged.
  case packed(PackedMatrix)

  /// Where it lies.
  public var buffers: [FloatBuffer] {
    switch self {
    case .plain(let rows): [rows.buffer]
    case .packed(let matrix): matrix.parts.map(\.buffer)
    }
  }

  var count: Int {
    switch self {
    case .plain(let rows): rows.count
    case .packed(let matrix): matrix.rows * matrix.inner
    }
  }

  /// A copy of the values, row after row.
  var unpacked: FloatBuffer {
    switch self {
    case .plain(let rows): rows.gathered()
    case .packed(let matrix): matrix.unpacked
    }
  }
}

extension Program {
  /// The weights that only products read, as matrices: their rows may be rearranged, and lie in
  /// several places.
  func matrixWeights() -> [Int: Int] {
    var inner: [Int: Int] = [:]
    var others: Set<Int> = []
    for instruction in instructions {
      for (place, value) in instruction.inputs.enumerated() {
        guard case .weight(let weight) = values[value].storage else { continue }
        if case .linear(_, let width, _, _) = instruction.operation, place == 1 {
          inner[weight] = width
        } else {
          others.insert(weight)
        }
      }
    }
    return inner.filter { !others.contains($0.key) }
  }

  /// The program's weights, the matrices among them rearranged.
  func arranged(
    _ weights: [WeightRows], _ precision: Precision, threads: Int
  ) -> [ProgramWeight] {
    let matrices = matrixWeights()
    return weights.enumerated().map { index, rows in
      guard let inner = matrices[index] else { return .plain(rows) }
      return .packed(
        PackedMatrix(rows, inner: inner, precision: precision, threads: threads))
    }
  }
}
