public import MosaicCore

extension Manifest {
  /// A tensor as it is stored: its bytes are those of its pieces, one after the other.
  public struct Tensor: Sendable, Equatable {
    public struct Piece: Sendable, Equatable {
      /// Index into `Manifest.chunks`.
      public var chunk: Int
      /// Of the piece in the chunk's raw bytes.
      public var offset: Int
      public var byteCount: Int

      public init(chunk: Int, offset: Int, byteCount: Int) {
        self.chunk = chunk
        self.offset = offset
        self.byteCount = byteCount
      }
    }

    public var name: String
    public var dataType: DataType
    public var shape: [Int]
    public var pieces: [Piece]

    public init(name: String, dataType: DataType, shape: [Int], pieces: [Piece]) {
      self.name = name
      self.dataType = dataType
      self.shape = shape
      self.pieces = pieces
    }
  }

  /// A run of bytes in the file that is read, checked and decoded whole.
  public struct Chunk: Sendable, Equatable {
    public enum Codec: Sendable, Equatable {
      case raw
      /// One zstd frame.
      case zstd
      /// Byte planes one after the other, each as it is or as one zstd frame: as it is where its
      /// size is the raw size divided by the number of planes.
      case planes(elementSize: Int, sizes: [Int])
      /// Of a newer writer; refused when the chunk is read.
      case unknown(Int)
    }

    public var offset: Int
    public var storedSize: Int
    public var rawSize: Int
    public var codec: Codec
    /// XXH64 of the stored bytes, seed 0.
    public var checksum: UInt64
    /// SHA-256 of the raw bytes: the content address.
    public var sha256: [UInt8]

    public init(
      offset: Int, storedSize: Int, rawSize: Int, codec: Codec, checksum: UInt64, sha256: [UInt8]
    ) {
      self.offset = offset
      self.storedSize = storedSize
      self.rawSize = rawSize
      self.codec = codec
      self.checksum = checksum
      self.sha256 = sha256
    }
  }
}
