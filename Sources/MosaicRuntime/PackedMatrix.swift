internal import MosaicBundle
internal import MosaicKernels

/// A matrix whose rows are rearranged for products, in one place or several.
public struct PackedMatrix: Sendable {
  struct Part: Sendable {
    /// Floats, or pairs of bf16 in as many bytes each, or scales and behind them codes of a byte.
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
    switch precision {
    case .f32: packRows(weight, rows: rows, inner: inner, threads)
    case .bf16: packPairs(weight, rows: rows, inner: inner, threads)
    case .int8: packCodes(weight, rows: rows, inner: inner, threads)
    }
  }

  private static func packRows(
    _ weight: UnsafePointer<Float>, rows: Int, inner: Int, _ threads: Int
  ) -> FloatBuffer {
    FloatBuffer(count: PackedRows.elementCount(rows: rows, inner: inner)) { target in
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

  private static func packCodes(
    _ weight: UnsafePointer<Float>, rows: Int, inner: Int, _ threads: Int
  ) -> FloatBuffer {
    let scaleCount = PackedCodes.scaleCount(rows: rows)
    let codeCount = PackedCodes.codeCount(rows: rows, inner: inner)
    let size = MemoryLayout<Float>.size
    return FloatBuffer(count: scaleCount + (codeCount + size - 1) / size) { target in
      guard let scales = target.baseAddress else { return }
      (scales + scaleCount).withMemoryRebound(to: Int8.self, capacity: codeCount) { codes in
        Team(threads: threads).split(rows, grain: PackedRows.grain) { range in
          PackedCodes.pack(
            weight + range.lowerBound * inner, into: codes + range.lowerBound * inner,
            scales: scales + range.lowerBound, rows: range.count, inner: inner)
        }
      }
    }
  }

  /// The same as codes.
  var packedCodes: [PackedCodes] {
    parts.map { part in
      let codes = UnsafeRawPointer(part.buffer.pointer + PackedCodes.scaleCount(rows: part.rows))
      return PackedCodes(
        codes: codes.assumingMemoryBound(to: Int8.self), scales: part.buffer.pointer,
        count: part.rows)
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
        case .int8: packedCodes[index].unpack(into: next, inner: inner)
        }
        next += parts[index].rows * inner
      }
      withExtendedLifetime(self) {}
    }
  }
}
