/// Writes safetensors files as the reference implementation does, byte for byte.
public enum SafetensorsWriter {
  /// Writes `tensors` to `path`, which appears whole or not at all.
  ///
  /// Tensors are sorted by alignment and type, the largest first, then by name, and the data begin
  /// at a multiple of 8: so every tensor is aligned, and equal input gives equal bytes.
  ///
  /// - Parameters:
  ///   - metadata: Free text, kept in the order given.
  ///   - replacing: Whether a file of that name may be replaced.
  /// - Throws: `FileError`, or `SafetensorsError` where names repeat or there are no tensors.
  public static func write(
    _ tensors: [(name: String, tensor: TensorView)], metadata: [(String, String)] = [],
    to path: String, replacing: Bool = true
  ) throws {
    let ordered = sorted(tensors)
    let header: [UInt8]
    do throws(SafetensorsError.Reason) {
      header = try Self.header(ordered, metadata: metadata)
    } catch let reason {
      throw SafetensorsError(path: path, byteCount: 0, reason: reason)
    }
    var file = try AtomicFile(path: path, replacing: replacing)
    try header.withUnsafeBytes { try file.append($0) }
    for (_, tensor) in ordered {
      try withExtendedLifetime(tensor.owner) { try file.append(tensor.bytes) }
    }
    try file.commit()
  }

  private static func sorted(
    _ tensors: [(name: String, tensor: TensorView)]
  ) -> [(name: String, tensor: TensorView)] {
    tensors.sorted { left, right in
      let leftRank = rank(left.tensor.dataType)
      let rightRank = rank(right.tensor.dataType)
      return leftRank == rightRank
        ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : leftRank > rightRank
    }
  }

  /// Place of a type in the reference's order: by alignment, and F64 before the integers.
  private static func rank(_ type: DataType) -> Int {
    let order: [DataType] = [
      .bool, .u8, .i8, .f8e5m2, .f8e4m3, .i16, .u16, .f16, .bf16, .i32, .u32, .f32, .f64, .i64,
      .u64,
    ]
    return order.firstIndex(of: type) ?? order.count
  }

  /// The length and the JSON, padded with spaces to a multiple of 8.
  private static func header(
    _ tensors: [(name: String, tensor: TensorView)], metadata: [(String, String)]
  ) throws(SafetensorsError.Reason) -> [UInt8] {
    guard !tensors.isEmpty else { throw .noTensors }
    var members = JSONObject()
    if !metadata.isEmpty {
      var texts = JSONObject()
      for (key, text) in metadata {
        guard texts.append(key, JSONValue(text)) else { throw .duplicateName(key) }
      }
      members["__metadata__"] = .object(texts)
    }
    var offset = 0
    for (name, tensor) in tensors {
      guard name != "__metadata__" else { throw .reservedName }
      let end = offset + tensor.bytes.count
      let entry: JSONValue = [
        "dtype": JSONValue(tensor.dataType.rawValue),
        "shape": .array(tensor.shape.map { JSONValue($0) }),
        "data_offsets": [JSONValue(offset), JSONValue(end)],
      ]
      guard members.append(name, entry) else { throw .duplicateName(name) }
      offset = end
    }
    var json = Array(JSONValue.object(members).text().utf8)
    while !json.count.isMultiple(of: 8) { json.append(UInt8(ascii: " ")) }
    guard json.count <= SafetensorsReader.maximumHeader else {
      throw .headerTooLong(UInt64(json.count))
    }
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
  }
}
