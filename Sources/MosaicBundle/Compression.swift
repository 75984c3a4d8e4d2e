/// How a bundle's tensors are stored.
public enum Compression: Sendable, Equatable {
  /// As they are: larger, quicker to load.
  case none
  /// zstd on byte planes.
  case zstd(level: Int)

  /// Level 1: higher levels hardly gain on weights, and its bytes agree between zstd versions.
  public static let standard = Compression.zstd(level: 1)
}
