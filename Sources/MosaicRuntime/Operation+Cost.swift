public import MosaicBundle

extension Program.Operation {
  /// Floating-point operations of products and convolutions a sample; 0 for all else.
  public var flops: Double {
    switch self {
    case .linear(let rows, let inner, let outer, _):
      return 2 * Double(rows) * Double(inner) * Double(outer)
    case .convolution(
      let channels, let height, let width, let outer, let kernel, let stride, let padding):
      let outputs =
        Double((height + 2 * padding - kernel) / stride + 1)
        * Double((width + 2 * padding - kernel) / stride + 1)
      return 2 * outputs * Double(outer) * Double(channels * kernel * kernel)
    case .attention(let heads, let size, let queries, let keys, _),
      .general(.maskedAttention(let heads, let size, let queries, let keys, _, _, _)):
      return 4 * Double(heads * size) * Double(queries) * Double(keys)
    default:
      return 0
    }
  }
}
