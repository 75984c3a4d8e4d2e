internal import CMosaicProto
internal import MosaicCore
internal import MosaicProto

extension Manifest.Tensor {
  init(_ message: Mosaic__Tensor) throws(BundleError.Reason) {
    let name = try checkedName(text(message.name), "a tensor")
    let place = "tensor '\(printable(name))'"
    guard let dataType = DataType(rawValue: text(message.data_type)) else {
      throw .unsupported(kind: "data type", name: text(message.data_type), place: place)
    }
    self.init(
      name: name, dataType: dataType,
      shape: try MosaicBundle.shape(message.shape, message.n_shape, place), pieces: [])
    pieces.reserveCapacity(message.n_pieces)
    for piece in list(message.pieces, message.n_pieces) {
      pieces.append(
        Piece(
          chunk: try integer(piece.chunk, place), offset: try integer(piece.offset, place),
          byteCount: try integer(piece.byte_count, place)))
    }
  }
}

extension Manifest.Chunk {
  /// The chunks from the two halves of their descriptions.
  static func all(
    _ contents: [Mosaic__ChunkContent], _ stored: [Mosaic__StoredChunk]
  ) throws(BundleError.Reason) -> [Self] {
    guard contents.count == stored.count else {
      throw .inconsistent(
        section: "the chunk table",
        problem: "describes the content of \(contents.count) chunks and the place of "
          + "\(stored.count)")
    }
    var result: [Self] = []
    result.reserveCapacity(contents.count)
    for (content, place) in zip(contents, stored) {
      let section = "chunk \(result.count)"
      result.append(
        Self(
          offset: try integer(place.offset, section),
          storedSize: try integer(place.stored_size, section),
          rawSize: try integer(content.raw_size, section),
          codec: try codec(of: place, section), checksum: place.xxh64,
          sha256: array(content.sha256.data, content.sha256.len)))
    }
    return result
  }

  private static func codec(
    of message: Mosaic__StoredChunk, _ section: String
  ) throws(BundleError.Reason) -> Codec {
    let number = Int(message.codec.rawValue)
    switch message.codec {
    case MOSAIC__CODEC__CODEC_PLANES:
      return .planes(
        elementSize: Int(message.element_size),
        sizes: try integers(message.plane_sizes, message.n_plane_sizes, section))
    case MOSAIC__CODEC__CODEC_RAW, MOSAIC__CODEC__CODEC_ZSTD:
      guard message.element_size == 0, message.n_plane_sizes == 0 else {
        throw .inconsistent(section: section, problem: "has planes but no codec of planes")
      }
      return message.codec == MOSAIC__CODEC__CODEC_RAW ? .raw : .zstd
    default:
      return .unknown(number)
    }
  }
}
