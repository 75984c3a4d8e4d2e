public enum Compression: Sendable, Equatable { case none; case zstd(level: Int) }
