import MosaicCore

/// What `inspect` says of a plain safetensors file: its header, no tensor.
struct TensorFileSummary {
  private let reader: SafetensorsReader

  /// Nil where the file at `path` does not start as a safetensors file does.
  ///
  /// - Throws: `SafetensorsError` where it does, and is damaged.
  init?(path: String) throws {
    guard fileExists(path), let file = try? MappedFile(path: path), Self.isSafetensors(file) else {
      return nil
    }
    reader = try SafetensorsReader(file)
  }

  /// A length that a header may have, then its first character.
  private static func isSafetensors(_ file: MappedFile) -> Bool {
    file.withBytes { bytes in
      guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else { return false }
      let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
      return length <= SafetensorsReader.maximumHeader
    }
  }

  private var entries: [(name: String, entry: SafetensorsReader.Entry)] {
    reader.names.compactMap { name in reader.entry(name).map { (name, $0) } }
  }

  var text: String {
    let bytes = entries.reduce(0) { $0 + $1.entry.byteRange.count }
    let first =
      "\(printable(reader.path, limit: 400)): \(reader.names.count) tensors, \(byteText(bytes))"
    let notes = reader.metadata.map { "\(printable($0.0)): \(printable($0.1))" }
    let list = tensorTable(
      entries.map { ($0.name, $0.entry.dataType, $0.entry.shape, $0.entry.byteRange.count) })
    return ([first] + notes + [list]).joined(separator: "\n")
  }

  /// The keys are documented in `docs/command-line.md`.
  var json: JSONValue {
    [
      "schema": "mosaic.inspect/1", "kind": "tensors",
      "metadata": .object(JSONObject(reader.metadata.map { ($0.0, JSONValue($0.1)) })),
      "tensors": JSONValue(
        entries.map { name, entry in
          tensorJSON(name, entry.dataType, entry.shape, entry.byteRange.count)
        }),
    ]
  }
}

/// Tensors as `inspect` lists them.
func tensorTable(
  _ tensors: [(name: String, dataType: DataType, shape: [Int], bytes: Int)]
) -> String {
  var table = TextTable(header: ["tensor", "dtype", "shape", "bytes"])
  for tensor in tensors {
    let shape = tensor.shape.map { "\($0)" }.joined(separator: "x")
    table.add([
      printable(tensor.name), tensor.dataType.rawValue, shape.isEmpty ? "scalar" : shape,
      byteText(tensor.bytes),
    ])
  }
  return table.text
}

func tensorJSON(_ name: String, _ dataType: DataType, _ shape: [Int], _ bytes: Int) -> JSONValue {
  [
    "name": JSONValue(name), "dtype": JSONValue(dataType.rawValue),
    "shape": JSONValue(shape.map { JSONValue($0) }), "bytes": JSONValue(bytes),
  ]
}
