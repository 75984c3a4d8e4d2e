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

/// A matrix whose rows are rearranged for products, in one place or several.
public struct PackedMatrix: Sendable {
  struct Part: Sendable {
    /// Floats, or pairs of bf16 in as many bytes each.
    var buffer: FloatBuffer
    var rows: Int
  }

  var parts: [Part]
  /// Elements of a row.
  var inner: Int
  var precision: Precision

  var rows: Int { parts.reduce(0) { $0 + $1.rows } }

  var byteCount: Int { parts.reduce(0) { $0 + $1.buffer.count * MemoryLayout<Float>.size } }

  /// One matrix of the parts of several.
  init(joining matrices: [PackedMatrix], inner: Int, precision: Precision) {
    self.precision = precision
    parts = matrices.flatMap(\.parts)
    self.inner = inner
  }

  /// - Parameters:
  ///   - rows: Elements of a weight [n, inner], one run of rows after the other.
  ///   - threads: How many rearrange.
  init(_ rows: WeightRows, inner: Int, precision: Precision = .f32, threads: Int = 1) {
    self.inner = inner
    self.precision = precision
    parts = rows.runs.map { run in
      let count = inner == 0 ? 0 : run.count * rows.width / inner
      func pack() -> FloatBuffer {
        Self.pack(
          rows.buffer.pointer + run.start, rows: count, inner: inner, precision, threads: threads)
      }
      let isWhole = run.start == 0 && count * inner == rows.buffer.count
      return Part(
        buffer: isWhole
          ? rows.buffer.arranged(.init(inner: inner, precision: precision), by: pack) : pack(),
        rows: count)
    }
    withExtendedLifetime(rows) {}
  }

  private static func pack(
    _ weight: UnsafePointer<Float>, rows: Int, inner: Int, _ precision: Precision, threads: Int
  ) -> FloatBuffer {
    guard precision == .f32 else { return packPairs(weight, rows: rows, inner: inner, threads) }
    return FloatBuffer(count: PackedRows.elementCount(rows: rows, inner: inner)) { target in
      guard let packed = target.baseAddress else { return }
      Team(threads: threads).split(rows, grain: PackedRows.grain * 8) { range in
        PackedRows.pack(
          weight + range.lowerBound * inner, into: packed + range.lowerBound * inner,
          rows: range.count, inner: inner)
      }
    }
  }

  private static func packPairs(
    _ weight: UnsafePointer<Float>, rows: Int, inner: Int, _ threads: Int
  ) -> FloatBuffer {
    FloatBuffer(count: PackedPairs.elementCount(rows: rows, inner: inner)) { target in
      guard let memory = target.baseAddress else { return }
      memory.withMemoryRebound(to: UInt32.self, capacity: target.count) { packed in
        Team(threads: threads).split(rows, grain: PackedRows.grain) { range in
          PackedPairs.pack(
            weight + range.lowerBound * inner,
            into: packed + range.lowerBound * PackedPairs.rowCount(inner: inner),
            rows: range.count, inner: inner)
        }
      }
    }
  }

  /// The same in bf16.
  var packedPairs: [PackedPairs] {
    parts.map { part in
      PackedPairs(
        elements: UnsafeRawPointer(part.buffer.pointer).assumingMemoryBound(to: UInt32.self),
        count: part.rows)
    }
  }

  /// What products read in f32; valid as long as the matrix is.
  var packedRows: [PackedRows] {
    parts.map { PackedRows(elements: $0.buffer.pointer, count: $0.rows) }
  }

  var unpacked: FloatBuffer {
    FloatBuffer(count: rows * inner) { target in
      guard var next = target.baseAddress else { return }
      for index in parts.indices {
        switch precision {
        case .f32: packedRows[index].unpack(into: next, inner: inner)
        case .bf16: packedPairs[index].unpack(into: next, inner: inner)
        }
        next += parts[index].rows * inner
      }
      withExtendedLifetime(self) {}
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
