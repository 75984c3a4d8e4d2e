/// What a bundle may declare (Formats/MOSAIC.md); checked before anything is allocated by it.
enum BundleLimits {
  static let manifestSize = 64 << 20
  /// Raw to stored bytes of the manifest.
  static let manifestRatio = 100
  static let writtenChunkSize = 4 << 20
  static let chunkSize = 16 << 20
  static let chunks = 1 << 22
  static let tensors = 1 << 20
  static let variants = 256
  static let instructions = 1 << 20
  static let values = 1 << 21
  static let rank = 8
  static let size = 1 << 40
  static let nameBytes = 1024
  /// Pieces in which instructions may write one value of a program.
  static let writtenParts = 1024
  static let plans = 64
  static let planSteps = 4096
  /// Of a program or a plan.
  static let reusableUnits = 1024
  static let mapRank = 4096

  /// Chunks of at least this many stored bytes start at a multiple of `pageSize`, smaller ones at
  /// a multiple of `lineSize`.
  static let pageAlignedFrom = 64 << 10
  static let pageSize = 4096
  static let lineSize = 64

  static func alignment(ofStored size: Int) -> Int {
    size >= pageAlignedFrom ? pageSize : lineSize
  }
}
