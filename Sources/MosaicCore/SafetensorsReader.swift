/// The tensors of a safetensors file, where they lie.
///
/// The header is taken as written by a stranger: everything it says is checked before use, and the
/// tensors fill the data exactly, without overlap, hole or trailer.
///
/// Source: the format's README and `tensor.rs`, github.com/huggingface/safetensors.
public struct SafetensorsReader: @unchecked Sendable {
  public struct Entry: Sendable, Equatable {
    public let dataType: DataType
    public let shape: [Int]
    /// Place of the tensor's bytes in the file.
    public let byteRange: Range<Int>
  }

  /// Bytes a header may have.
  public static let maximumHeader = 100_000_000

  public let path: String
  /// Free text of the file, in its order.
  public let metadata: [(String, String)]
  /// The tensors' names in the order of their bytes.
  public let names: [String]
  /// What is odd but harmless, a line each.
  public let warnings: [String]
  private let entries: [String: Entry]
  /// Immutable memory that `owner` keeps, so that readers may cross threads.
  private let bytes: UnsafeRawBufferPointer
  private let owner: any AnyObject & Sendable

  /// - Throws: `FileError` or `SafetensorsError`.
  public init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  /// - Throws: `SafetensorsError`.
  public init(_ file: MappedFile) throws(SafetensorsError) {
    try self.init(path: file.path, bytes: file.bytes, owner: file)
  }

  /// Reads a file that is in memory; `path` is for messages.
  ///
  /// - Parameter owner: Keeps `bytes` alive, for the reader and every view it gives.
  public init(
    path: String, bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable
  ) throws(SafetensorsError) {
    let header: SafetensorsHeader
    do {
      header = try SafetensorsHeader(of: bytes)
    } catch let reason {
      throw SafetensorsError(path: path, byteCount: bytes.count, reason: reason)
    }
    self.path = path
    metadata = header.metadata
    names = header.names
    entries = header.entries
    warnings = header.warnings.map { "\(printable(path)): \($0)" }
    self.bytes = bytes
    self.owner = owner
  }

  public func entry(_ name: String) -> Entry? { entries[name] }

  /// A view of the tensor's bytes in the mapping; nothing is copied.
  public func tensor(_ name: String) -> TensorView? {
    entries[name].map { entry in
      TensorView(
        dataType: entry.dataType, shape: entry.shape,
        bytes: UnsafeRawBufferPointer(rebasing: bytes[entry.byteRange]), owner: owner)
    }
  }
}
