internal import CMosaicProto

extension Manifest.Tensor {
  func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Tensor> {
    let result = arena.message(mosaic__tensor__init)
    result.pointee.name = arena.string(name)
    result.pointee.data_type = arena.string(dataType.rawValue)
    result.pointee.n_shape = shape.count
    result.pointee.shape = arena.integers(shape)
    result.pointee.n_pieces = pieces.count
    result.pointee.pieces = arena.list(pieces) { piece in
      let message = arena.message(mosaic__piece__init)
      message.pointee.chunk = arena.unsigned(piece.chunk)
      message.pointee.offset = arena.unsigned(piece.offset)
      message.pointee.byte_count = arena.unsigned(piece.byteCount)
      return message
    }
    return result
  }
}

extension Manifest.Chunk {
  func contentMessage(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__ChunkContent> {
    let result = arena.message(mosaic__chunk_content__init)
    result.pointee.raw_size = arena.unsigned(rawSize)
    result.pointee.sha256 = .init(len: sha256.count, data: arena.bytes(sha256))
    return result
  }

  func storageMessage(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__StoredChunk> {
    let result = arena.message(mosaic__stored_chunk__init)
    result.pointee.offset = arena.unsigned(offset)
    result.pointee.stored_size = arena.unsigned(storedSize)
    result.pointee.xxh64 = checksum
    switch codec {
    case .raw: result.pointee.codec = MOSAIC__CODEC__CODEC_RAW
    case .zstd: result.pointee.codec = MOSAIC__CODEC__CODEC_ZSTD
    case .planes(let elementSize, let sizes):
      result.pointee.codec = MOSAIC__CODEC__CODEC_PLANES
      result.pointee.element_size = UInt32(clamping: arena.unsigned(elementSize))
      result.pointee.n_plane_sizes = sizes.count
      result.pointee.plane_sizes = arena.integers(sizes)
    case .unknown(let number):
      result.pointee.codec = Mosaic__Codec(UInt32(truncatingIfNeeded: number))
    }
    return result
  }
}
