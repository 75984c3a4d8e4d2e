internal import CMosaicSIMD
internal import COpenBLAS

/// The sizes of one sample's attention.
public struct AttentionShape: Sendable, Equatable {
  public var heads: Int
  /// Width of a head.
  public var size: Int
  public var queries: Int
  public var keys: Int
  /// Factor of the scores before softmax.
  public var scale: Float

  public init(heads: Int, size: Int, queries: Int, keys: Int, scale: Float) {
    self.heads = heads
    self.size = size
    self.queries = queries
    self.keys = keys
    self.scale = scale
  }

  /// Whether a head's transposed keys and its values stay in the second-level cache, where one pass
  /// over the queries beats two products of OpenBLAS.
  var isSmall: Bool { keys * size <= 8192 }

  /// Query rows whose scores are held at once: about a megabyte.
  var queryBlock: Int { min(queries, max(64, (1 << 18) / max(keys, 1))) }

  /// Floats of scratch that `attention` needs.
  public var scratchCount: Int {
    isSmall ? mosaic_attention_scratch(size, keys) : queryBlock * keys
  }
}

/// `y = softmax(q · kᵀ · scale) · v` by heads, for one sample: q and y [queries, heads · size], k
/// and v [keys, heads · size].
///
/// Each `Stride` is the distance between rows, in elements, so that q, k and v may be columns of
/// one product. The softmax subtracts the row's largest score. `y` and `scratch` overlap nothing.
///
/// - Parameter scratch: `shape.scratchCount` floats; need not be initialised.
public func attention(
  q: UnsafePointer<Float>, qStride: Int, k: UnsafePointer<Float>, kStride: Int,
  v: UnsafePointer<Float>, vStride: Int, into y: UnsafeMutablePointer<Float>, yStride: Int,
  shape: AttentionShape, scratch: UnsafeMutablePointer<Float>
) {
  if shape.keys == 0 || shape.size == 0 { return }
  for head in 0..<shape.heads {
    let column = head * shape.size
    if shape.isSmall {
      mosaic_attention_head(
        q + column, qStride, k + column, kStride, v + column, vStride, y + column, yStride,
        shape.size, shape.queries, shape.keys, shape.scale, scratch)
    } else {
      attendByProducts(
        q: q + column, qStride: qStride, k: k + column, kStride: kStride, v: v + column,
        vStride: vStride, into: y + column, yStride: yStride, shape: shape, scratch: scratch)
    }
  }
}

/// One head by two products of OpenBLAS for each block of queries.
private func attendByProducts(
  q: UnsafePointer<Float>, qStride: Int, k: UnsafePointer<Float>, kStride: Int,
  v: UnsafePointer<Float>, vStride: Int, into y: UnsafeMutablePointer<Float>, yStride: Int,
  shape: AttentionShape, scratch scores: UnsafeMutablePointer<Float>
) {
  let keys = blasInteger(shape.keys)
  let size = blasInteger(shape.size)
  for first in stride(from: 0, to: shape.queries, by: shape.queryBlock) {
    let rows = min(shape.queryBlock, shape.queries - first)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasInteger(rows), keys, size,
      1, q + first * qStride, blasInteger(qStride), k, blasInteger(kStride), 0, scores, keys)
    softmaxRows(scores, rows: rows, width: shape.keys, stride: shape.keys, scale: shape.scale)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasInteger(rows), size, keys,
      1, scores, keys, v, blasInteger(vStride), 0, y + first * yStride, blasInteger(yStride))
  }
}
