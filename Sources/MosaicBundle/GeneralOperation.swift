public import MosaicCore

extension Program {
  /// Operations that any network may be made of, beside those that transformers mostly are.
  ///
  /// Where an operand is said to repeat, it and the others have shapes of one rank that are equal
  /// but for axes of extent 1; the result has the larger extents.
  public enum GeneralOperation: Sendable, Equatable {
    /// `y = function(x)`, count elements.
    case unary(UnaryFunction, count: Int)

    /// `y = function(a, b)`, operands of the shapes `a` and `b`, either of which may be a weight;
    /// they repeat.
    case binary(BinaryFunction, a: [Int], b: [Int])

    /// `y = condition ≠ 0 ? a : b`, operands of the three shapes, any of which may be a weight;
    /// they repeat.
    case choose(condition: [Int], a: [Int], b: [Int])

    /// `y = x * (1 + scale) + shift`: x [rows, width], scale and shift [width], batched.
    case modulate(rows: Int, width: Int)

    /// `(x - mean) / sqrt(variance + epsilon)` over each group of channels of x [channels, pixels],
    /// then `* weight + bias` by channel if `isAffine`, then the activation.
    /// Operands: x, [weight, bias]; y as x.
    case groupNorm(
      groups: Int, channels: Int, pixels: Int, epsilon: Float, isAffine: Bool,
      activation: Activation)

    /// `x / sqrt(mean(x²) + epsilon) * weight` over each row of x [rows, width]; weight [width].
    case rmsNorm(rows: Int, width: Int, epsilon: Float)

    /// `exp(x) / Σ exp(x)` over each row of x [rows, width].
    case softmax(rows: Int, width: Int)

    /// `y = a · b`, matrix by matrix: a [aBatches, rows, inner], b [bBatches, inner, columns], either
    /// of which may be a weight; y [batches, rows, columns]. Each has `batches` matrices, or one that
    /// serves all.
    case matmul(
      batches: Int, aBatches: Int, bBatches: Int, rows: Int, inner: Int, columns: Int)

    /// The elements of one axis at `indices`: x [outer, extent, inner], which may be a weight;
    /// y [outer, indices.count, inner]. An index of -1 gives zeros.
    case pick(outer: Int, extent: Int, inner: Int, indices: [Int])

    /// Operands beside each other: each [outer, width], any of which may be a weight;
    /// y [outer, Σ widths].
    case join(outer: Int, widths: [Int])

    /// One number from all along an axis: x [outer, extent, inner]; y [outer, inner].
    case reduce(Reduction, outer: Int, extent: Int, inner: Int)

    /// `softmax(q · kᵀ · scale + mask) · v` by heads, zeros where the mask excludes every key by -∞:
    /// q [queries, heads · size], k and v [keys, heads · size], mask [maskHeads, maskQueries, keys],
    /// which may be a weight, one head's for all and one query's for all; y as q.
    case maskedAttention(
      heads: Int, size: Int, queries: Int, keys: Int, scale: Float, maskHeads: Int,
      maskQueries: Int)

    /// `y = x · cosines + x' · sines`, x' being x with the coordinates of every pair of the last axis
    /// changed over and the then first one negated: x [outer, length, inner, size], cosines and sines
    /// [length, size], either of which may be a weight; y as x.
    case rotate(RotationPairs, outer: Int, length: Int, inner: Int, size: Int)
  }
}
