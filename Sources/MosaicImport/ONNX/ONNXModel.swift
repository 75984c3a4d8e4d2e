public import MosaicCore
public import MosaicIR

/// An ONNX model as its file holds it, checked: what it says means the same to every reader.
///
/// Weights are views of the model's file and of the files of external data beside it; none is
/// copied unless it is stored number by number. Operators are not looked at.
///
/// Source: docs/IR.md and docs/ExternalData.md in github.com/onnx/onnx.
public struct ONNXModel: Sendable {
  public static let irVersions = 3...14
  /// Versions of ONNX's own operators that can be imported.
  public static let operatorSetVersions = 13...24
  /// The oldest that torch's exporters write without a flaw.
  static let recommendedOperatorSet = 18

  public let path: String
  public let irVersion: Int
  /// What wrote the file, and its version; either may be empty.
  public let producer: (name: String, version: String)
  /// ONNX's own operators among them, with an empty domain.
  public let operatorSets: [ONNXOperatorSet]
  public let graph: ONNXGraph
  public let functions: [ONNXFunction]
  public let metadata: [(key: String, value: String)]
  /// What is odd but harmless, a line each.
  public let warnings: [String]
  /// The model's file, then those of external data, in the order of their paths.
  private let files: [MappedFile]
  /// Index of each initialiser's file in `files`, and of itself in the graph.
  private let places: [String: (initialiser: Int, file: Int)]

  /// Whether a file that starts so is an ONNX model, whole or not: its first field is the IR
  /// version, and the next is one that models have.
  public static func isModel(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 2, bytes[0] == 0x08, bytes[1] < 0x80 else { return false }
    // The length of a safetensors header may look the same, but not the zeros behind it.
    guard bytes.count < 8 || bytes[4..<8].contains(where: { $0 != 0 }) else { return false }
    // Tags of the fields 2 to 8 and 14, all but 5 with a length.
    let tags: [UInt8] = [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72]
    return bytes.count == 2 || tags.contains(bytes[2])
  }

  /// Opens the model at `path` and the files of external data that it names.
  ///
  /// - Throws: `ONNXError`, or `FileError` where a file cannot be opened.
  public init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  init(_ file: MappedFile) throws {
    var external = ONNXExternalData(model: file.path)
    defer { withExtendedLifetime(file) {} }
    let decoded = try ONNXModelDecoder.decode(
      file.bytes, owner: file, path: file.path, external: &external)
    self.init(decoded, path: file.path, files: [file] + external.files)
  }

  /// A model that lies in memory and has no external data beside it; `path` is for messages.
  public init(path: String, bytes: UnsafeRawBufferPointer, owner: AnyObject) throws {
    var external = ONNXExternalData(model: nil)
    let decoded = try ONNXModelDecoder.decode(bytes, owner: owner, path: path, external: &external)
    self.init(decoded, path: path, files: [])
  }

  private init(_ decoded: ONNXModelDecoder.Result, path: String, files: [MappedFile]) {
    self.path = path
    self.files = files
    irVersion = decoded.irVersion
    producer = decoded.producer
    operatorSets = decoded.operatorSets
    graph = decoded.graph
    functions = decoded.functions
    metadata = decoded.metadata
    warnings = decoded.warnings
    let fileOfOwner = Dictionary(
      uniqueKeysWithValues: files.enumerated().map { (ObjectIdentifier($1), $0) })
    var places: [String: (initialiser: Int, file: Int)] = [:]
    for (index, initialiser) in decoded.graph.initialisers.enumerated() {
      // Elements that were stored number by number have memory of their own.
      let file = fileOfOwner[ObjectIdentifier(initialiser.tensor.owner)] ?? 0
      places[initialiser.name] = (index, file)
    }
    self.places = places
  }

  /// The version of ONNX's own operators.
  public var operatorSetVersion: Int {
    operatorSets.first { $0.domain.isEmpty }?.version ?? 0
  }

  /// Files that were read, the model's own first.
  public var inputFiles: [String] { files.isEmpty ? [path] : files.map(\.path) }

  /// SHA-256 of the files' bytes, one after the other in the order of `inputFiles`: for a model
  /// without external data what `sha256sum` prints.
  public func digest() -> [UInt8] {
    var hash = SHA256()
    for file in files { file.withBytes { hash.update($0) } }
    return hash.finish()
  }
}

extension ONNXModel: WeightSource {
  /// The bytes of one of the graph's initialisers.
  public func tensor(_ name: String) -> TensorView? {
    places[name].map { graph.initialisers[$0.initialiser].tensor }
  }

  public func path(of name: String) -> String? {
    places[name].map { files.isEmpty ? path : files[$0.file].path }
  }
}
