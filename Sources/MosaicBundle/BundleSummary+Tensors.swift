internal import MosaicCore

extension BundleSummary {
  /// What the manifest says of one stored tensor.
  struct TensorFact {
    var tensor: Manifest.Tensor
    var use: TensorUse
    /// In the file; of a chunk that tensors share, a part in proportion to its raw bytes.
    var storedBytes: Int
    /// How its chunks are coded: "raw", "zstd", "planes", or several with '+'.
    var codec: String
  }

  var tensorFacts: [TensorFact] {
    zip(manifest.tensors, uses).map { tensor, use in
      var stored = 0.0
      for piece in tensor.pieces {
        let chunk = manifest.chunks[piece.chunk]
        stored +=
          Double(chunk.storedSize) * Double(piece.byteCount) / Double(max(chunk.rawSize, 1))
      }
      let codecs = Set(tensor.pieces.map { manifest.chunks[$0.chunk].codec.name })
      return TensorFact(
        tensor: tensor, use: use, storedBytes: Int(stored.rounded()),
        codec: codecs.sorted().joined(separator: "+"))
    }
  }

  /// The stored tensors, a line each.
  public var tensorText: String {
    var table = TextTable(
      header: ["tensor", "dtype", "shape", "bytes", "stored", "codec", "role", "variants"])
    for fact in tensorFacts {
      table.add([
        printable(fact.tensor.name), fact.tensor.dataType.rawValue,
        shapeText(fact.tensor.shape), byteText(fact.tensor.byteCount),
        byteText(fact.storedBytes), fact.codec.isEmpty ? "-" : fact.codec,
        fact.use.role.rawValue + (fact.use.isShared ? ", shared" : ""),
        fact.use.variants.isEmpty
          ? "-" : fact.use.variants.map { "\($0)" }.joined(separator: " "),
      ])
    }
    return table.text
  }

  private func shapeText(_ shape: [Int]) -> String {
    shape.isEmpty ? "scalar" : shape.map { "\($0)" }.joined(separator: "x")
  }
}

extension Manifest.Chunk.Codec {
  fileprivate var name: String {
    switch self {
    case .raw: "raw"
    case .zstd: "zstd"
    case .planes: "planes"
    case .unknown(let number): "unknown \(number)"
    }
  }
}
