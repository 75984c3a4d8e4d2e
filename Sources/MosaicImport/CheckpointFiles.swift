public import MosaicCore

/// The weight files of one component of a checkpoint, single or sharded, as one set of named
/// tensors.
///
/// ```swift
/// let files = try CheckpointFiles(path: "dit", component: "transformer", variant: "fp16")
/// let bias = try files.tensor("proj_out_1.bias")?.floats()
/// ```
public struct CheckpointFiles: Sendable {
  /// All tensors' names, file by file in the order of their bytes.
  public let names: [String]
  /// Paths of the weight files, in the order of their names.
  public let files: [String]
  /// What is odd but harmless, a line each.
  public let warnings: [String]
  private let readers: [SafetensorsReader]
  private let mappings: [MappedFile]
  /// Index into `readers` for each tensor.
  private let places: [String: Int]

  /// Opens the weights at `path`: a directory of weight files, a safetensors file, or the index of
  /// a sharded one.
  ///
  /// - Parameters:
  ///   - component: Subdirectory of `path` that holds the weights, such as `transformer`.
  ///   - variant: Which weights to take where a directory has several: the word in the file's name
  ///     (`fp16`, `ema`), or the file's whole name.
  /// - Throws: `FileError`, `SafetensorsError` or `CheckpointError`.
  public init(path: String, component: String? = nil, variant: String? = nil) throws {
    let place = component.map { join(path, $0) } ?? path
    guard let listing = try listDirectory(place) else {
      try self.init(file: place)
      return
    }
    let choice = try WeightSet.choose(from: listing, in: place, variant: variant)
    try self.init(file: join(place, choice.fileName))
  }

  private init(file path: String) throws {
    let file = try MappedFile(path: path)
    if file.withBytes(looksLikeJSON) {
      try self.init(index: ShardIndex(file))
      return
    }
    let reader: SafetensorsReader
    do throws(SafetensorsError) {
      reader = try SafetensorsReader(file)
    } catch {
      let isPickle = pickleSuffixes.contains { path.hasSuffix($0) }
      throw isPickle ? CheckpointError(path: path, reason: .pickle) : error
    }
    self.init(reader: reader, of: file)
  }

  private init(reader: SafetensorsReader, of file: MappedFile) {
    names = reader.names
    files = [file.path]
    warnings = reader.warnings
    readers = [reader]
    mappings = [file]
    places = Dictionary(uniqueKeysWithValues: reader.names.map { ($0, 0) })
  }

  private init(index: ShardIndex) throws {
    mappings = try index.shardNames.map { try index.open($0) }
    readers = try mappings.map { try SafetensorsReader($0) }
    files = mappings.map(\.path)
    places = try index.places(in: readers)
    names = readers.flatMap(\.names)
    warnings = readers.flatMap(\.warnings) + index.sizeWarning(for: readers)
  }

  public func entry(_ name: String) -> SafetensorsReader.Entry? {
    places[name].flatMap { readers[$0].entry(name) }
  }

  /// A view of the tensor's bytes in its file; nothing is copied.
  public func tensor(_ name: String) -> TensorView? {
    places[name].flatMap { readers[$0].tensor(name) }
  }

  /// The file that holds a tensor.
  public func path(of name: String) -> String? { places[name].map { files[$0] } }

  /// Free text of the files, file by file.
  public var metadata: [(String, String)] { readers.flatMap(\.metadata) }

  /// SHA-256 of the weight files' bytes, one file after the other in the order of `files`: for a
  /// single file what `sha256sum` prints.
  public func digest() -> [UInt8] {
    var hash = SHA256()
    for mapping in mappings { mapping.withBytes { hash.update($0) } }
    return hash.finish()
  }
}

/// Whether the file is JSON rather than safetensors, whose first 8 bytes are the header's length:
/// text there would make it longer than any file.
private func looksLikeJSON(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let text = bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
  guard text.first == UInt8(ascii: "{") else { return false }
  guard bytes.count >= 8 else { return true }
  let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
  return length > UInt64(SafetensorsReader.maximumHeader)
}
