/// Writes safetensors files as the reference implementation does, byte for byte.
public enum SafetensorsWriter {
  /// A tensor to be written whose bytes are asked for when their turn comes, so that not all of
  /// them need be in memory at once.
  public struct Item {
    public let name: String
    public let dataType: DataType
    public let shape: [Int]
    let byteCount: Int
    public let bytes: () throws -> TensorView

    /// - Parameter bytes: Returns the tensor, of this type and shape.
    /// - Precondition: The shape's elements can be counted.
    public init(
      name: String, dataType: DataType, shape: [Int], bytes: @escaping () throws -> TensorView
    ) {
      self.name = name
      self.dataType = dataType
      self.shape = shape
      let count = elementCount(of: shape)
      precondition(count != nil, "\(name): shape \(shape)")
      byteCount = (count ?? 0) * dataType.byteWidth
      self.bytes = bytes
    }
  }

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
    let items = tensors.map { name, tensor in
      Item(name: name, dataType: tensor.dataType, shape: tensor.shape) { tensor }
    }
    try write(items, metadata: metadata, to: path, replacing: replacing)
  }

  /// Writes tensors that come one at a time, in the same order and with the same bytes.
  public static func write(
    _ items: [Item], metadata: [(String, String)] = [], to path: String, replacing: Bool = true
  ) throws {
    let ordered = sorted(items)
    let header: [UInt8]
    do throws(SafetensorsError.Reason) {
      header = try Self.header(ordered, metadata: metadata)
    } catch let reason {
      throw SafetensorsError(path: path, byteCount: 0, reason: reason)
    }
    var file = try AtomicFile(path: path, replacing: replacing)
    try header.withUnsafeBytes { try file.append($0) }
    for item in ordered {
      let tensor = try item.bytes()
      precondition(tensor.dataType == item.dataType && tensor.shape == item.shape)
      try withExtendedLifetime(tensor.owner) { try file.append(tensor.bytes) }
    }
    try file.commit()
  }

  private static func sorted(_ items: [Item]) -> [Item] {
    items.sorted { left, right in
      let leftRank = rank(left.dataType)
      let rightRank = rank(right.dataType)
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
    _ items: [Item], metadata: [(String, String)]
  ) throws(SafetensorsError.Reason) -> [UInt8] {
    guard !items.isEmpty else { throw .noTensors }
    var members = JSONObject()
    if !metadata.isEmpty {
      var texts = JSONObject()
      for (key, text) in metadata {
        guard texts.append(key, JSONValue(text)) else { throw .duplicateName(key) }
      }
      members["__metadata__"] = .object(texts)
    }
    var offset = 0
    for item in items {
      guard item.name != "__metadata__" else { throw .reservedName }
      let end = offset + item.byteCount
      let entry: JSONValue = [
        "dtype": JSONValue(item.dataType.rawValue),
        "shape": .array(item.shape.map { JSONValue($0) }),
        "data_offsets": [JSONValue(offset), JSONValue(end)],
      ]
      guard members.append(item.name, entry) else { throw .duplicateName(item.name) }
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
