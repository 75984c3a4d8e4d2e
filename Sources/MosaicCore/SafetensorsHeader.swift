/// What a safetensors file says of itself, checked against its size.
struct SafetensorsHeader {
  private(set) var metadata: [(String, String)] = []
  private(set) var names: [String] = []
  private(set) var entries: [String: SafetensorsReader.Entry] = [:]
  private(set) var warnings: [String] = []
  private var unknownFields = (count: 0, first: "")

  init(of bytes: UnsafeRawBufferPointer) throws(SafetensorsError.Reason) {
    let dataStart: Int
    let json: JSONValue
    do throws(SafetensorsError.Reason) {
      dataStart = try Self.dataStart(of: bytes)
      json = try Self.json(UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]))
    } catch let reason {
      // Other files are known by their first bytes, but a header's length may look like any of
      // these: so only once it has failed.
      throw foreignContent(of: bytes) ?? reason
    }
    guard let members = json.object else { throw .notAnObject(kind: json.kind) }

    for (name, value) in members {
      if name == "__metadata__" {
        try readMetadata(value)
      } else {
        entries[name] = try entry(name, value, dataStart: dataStart)
        names.append(name)
      }
    }
    guard !names.isEmpty else { throw .noTensors }
    sortByPlace()
    try checkLayout(from: dataStart, to: bytes.count)
    if unknownFields.count > 0 {
      warnings.append(
        "\(unknownFields.count) tensor fields besides dtype, shape and data_offsets are ignored;"
          + " the first is \(unknownFields.first)")
    }
  }

  private static func dataStart(
    of bytes: UnsafeRawBufferPointer
  ) throws(SafetensorsError.Reason) -> Int {
    guard bytes.count >= 8 else { throw .tooShort }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= SafetensorsReader.maximumHeader else { throw .headerTooLong(length) }
    guard length <= bytes.count - 8 else { throw .headerPastEnd(header: length) }
    return 8 + Int(length)
  }

  private static func json(
    _ bytes: UnsafeRawBufferPointer
  ) throws(SafetensorsError.Reason) -> JSONValue {
    do {
      return try JSONValue(parsing: bytes)
    } catch {
      // The offset a reader of the message can look up is that in the file.
      throw .json(JSONError(offset: error.offset + 8, reason: error.reason))
    }
  }

  private mutating func readMetadata(_ value: JSONValue) throws(SafetensorsError.Reason) {
    guard let members = value.object else { throw .metadata("is \(value.kind), not an object") }
    for (key, value) in members {
      guard let text = value.string else {
        throw .metadata("has \(value.kind) under '\(printable(key))'")
      }
      metadata.append((key, text))
    }
  }
}

extension SafetensorsHeader {
  /// Dimensions a tensor may have.
  private static let maximumRank = 64

  private mutating func entry(
    _ name: String, _ value: JSONValue, dataStart: Int
  ) throws(SafetensorsError.Reason) -> SafetensorsReader.Entry {
    func problem(_ text: String) -> SafetensorsError.Reason { .entry(tensor: name, problem: text) }
    guard let fields = value.object else {
      throw problem("its entry is \(value.kind), not an object")
    }
    guard let typeName = fields["dtype"]?.string else { throw problem("dtype is not a string") }
    guard let dataType = DataType(rawValue: typeName) else {
      throw .unknownDataType(tensor: name, name: typeName)
    }
    guard let shape = wholeNumbers(fields["shape"]) else {
      throw problem("shape is not a list of whole numbers from 0 up")
    }
    guard shape.count <= Self.maximumRank else {
      throw problem("shape has \(shape.count) dimensions, over the limit of \(Self.maximumRank)")
    }
    guard let offsets = wholeNumbers(fields["data_offsets"]), offsets.count == 2,
      offsets[0] <= offsets[1]
    else { throw problem("data_offsets are not two whole numbers from 0 up, begin before end") }

    let bytes = elementCount(of: shape)?.multipliedReportingOverflow(by: dataType.byteWidth)
    guard let bytes, !bytes.overflow else { throw .shapeTooLarge(tensor: name, shape: shape) }
    guard bytes.partialValue == offsets[1] - offsets[0] else {
      throw .byteCount(
        tensor: name, needs: bytes.partialValue, has: offsets[1] - offsets[0])
    }
    // The header's length is at most `maximumHeader`: only an offset can make the sum too large.
    let end = offsets[1].addingReportingOverflow(dataStart)
    guard !end.overflow else { throw problem("data_offsets lie past every file's end") }
    noteUnknownFields(fields, of: name)
    return SafetensorsReader.Entry(
      dataType: dataType, shape: shape,
      byteRange: (end.partialValue - bytes.partialValue)..<end.partialValue)
  }

  private mutating func noteUnknownFields(_ fields: JSONObject, of name: String) {
    for key in fields.keys where !["dtype", "shape", "data_offsets"].contains(key) {
      if unknownFields.count == 0 {
        unknownFields.first = "'\(printable(key))' of tensor '\(printable(name))'"
      }
      unknownFields.count += 1
    }
  }

  /// Orders names by their bytes; tensors without bytes come before the one that begins there.
  private mutating func sortByPlace() {
    // One look-up a name, not one a comparison: files may have 100,000 of them.
    var keyed = names.enumerated().map { index, name in
      (begin: 0, end: 0, index: index, name: name)
    }
    for index in keyed.indices {
      guard let range = entries[keyed[index].name]?.byteRange else { continue }
      keyed[index].begin = range.lowerBound
      keyed[index].end = range.upperBound
    }
    keyed.sort { ($0.begin, $0.end, $0.index) < ($1.begin, $1.end, $1.index) }
    names = keyed.map(\.name)
  }

  /// Checks that the tensors, in order, fill the file's bytes from `start` to `end`.
  private func checkLayout(from start: Int, to end: Int) throws(SafetensorsError.Reason) {
    var previous = (name: "", end: start)
    for name in names {
      guard let range = entries[name]?.byteRange else { continue }
      if range.lowerBound > previous.end {
        throw .hole(before: name, from: previous.end - start, to: range.lowerBound - start)
      }
      if range.lowerBound < previous.end {
        throw .overlap(
          tensor: name, begin: range.lowerBound - start, previous: previous.name,
          previousEnd: previous.end - start)
      }
      guard range.upperBound <= end else {
        throw .dataTooShort(tensor: name, needs: range.upperBound - start, has: end - start)
      }
      previous = (name, range.upperBound)
    }
    guard previous.end == end else {
      throw .trailingBytes(after: previous.name, count: end - previous.end)
    }
  }
}

/// The numbers of a JSON list, or nil where it is none or one is negative or no integer.
private func wholeNumbers(_ value: JSONValue?) -> [Int]? {
  guard let values = value?.array else { return nil }
  var numbers: [Int] = []
  numbers.reserveCapacity(values.count)
  for value in values {
    guard let number = value.int, number >= 0 else { return nil }
    numbers.append(number)
  }
  return numbers
}

/// What else people hand over as safetensors, by its first bytes.
private func foreignContent(of bytes: UnsafeRawBufferPointer) -> SafetensorsError.Reason? {
  if bytes.starts(with: "version https://git-lfs".utf8) { return .gitLFSPointer }
  if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .zipArchive }
  // The opcode PROTO and its version.
  if bytes.count >= 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) { return .pickle }
  let text = bytes.drop { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
  return text.first == UInt8(ascii: "<") ? .webPage : nil
}
