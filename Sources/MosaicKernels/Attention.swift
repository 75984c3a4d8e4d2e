internal import CMosaicSIMD

/// The sizes of one sample's attention.
public struct AttentionShape: Sendable, Equatable {
  public var heads: Int
  /// Width of a head.
  public var size: Int
  public var queries: Int
  public var keys: Int
  /// Factor of the scores before softmax.
  public var scale: Float
  /// Whether both products are of operands in bf16 where the processor has instructions for them.
  public var isInBF16: Bool

  public init(
    heads: Int, size: Int, queries: Int, keys: Int, scale: Float, isInBF16: Bool = false
  ) {
    self.heads = heads
    self.size = size
    self.queries = queries
    self.keys = keys
    self.scale = scale
    self.isInBF16 = isInBF16
  }

  /// Floats of scratch that `attention` needs.
  public var scratchCount: Int {
    isInBF16 ? mosaic_attention_scratch_bf16(size, keys) : mosaic_attention_scratch(size, keys)
  }
}

/// What is added to scores: [heads, queries, keys], where one head's may serve all heads, and one
/// query's all queries.
public struct AttentionMask {
  var elements: UnsafePointer<Float>
  /// Distances between heads and between queries; 0 where one serves all.
  var headStride: Int
  var queryStride: Int

  /// - Parameters:
  ///   - heads: How many the mask has.
  ///   - queries: How many it has of each head.
  public init(_ elements: UnsafePointer<Float>, heads: Int, queries: Int, keys: Int) {
    self.elements = elements
    headStride = heads == 1 ? 0 : queries * keys
    queryStride = queries == 1 ? 0 : keys
  }
}

/// `y = softmax(q · kᵀ · scale + mask) · v` by heads, for one sample: q and y [queries, heads · size], k
/// and v [keys, heads · size].
///
/// Each `Stride` is the distance between rows, in elements, so that q, k and v may be columns of
/// one product. The softmax subtracts the row's largest score. Scores of a few queries at a time are
/// in memory, never those of all. `y` and `scratch` overlap nothing. Where the mask excludes every key
/// from a query, that row of y is zeros.
///
/// - Parameters:
///   - heads: Those that are computed; all by default.
///   - scratch: `shape.scratchCount` floats; need not be initialised.
public func attention(
  q: UnsafePointer<Float>, qStride: Int, k: UnsafePointer<Float>, kStride: Int,
  v: UnsafePointer<Float>, vStride: Int, into y: UnsafeMutablePointer<Float>, yStride: Int,
  shape: AttentionShape, mask: AttentionMask? = nil, heads: Range<Int>? = nil,
  scratch: UnsafeMutablePointer<Float>
) {
  if shape.keys == 0 || shape.size == 0 { return }
  let kernel = shape.isInBF16 ? mosaic_attention_head_bf16 : mosaic_attention_head
  for head in heads ?? 0..<shape.heads {
    let column = head * shape.size
    kernel(
      q + column, qStride, k + column, kStride, v + column, vStride,
      mask.map { $0.elements + head * $0.headStride }, mask?.queryStride ?? 0, y + column, yStride,
      shape.size, shape.queries, shape.keys, shape.scale, scratch)
  }
}
