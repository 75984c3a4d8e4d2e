extension JSONValue {
  /// Reads one value that fills `bytes`, white space around it aside.
  ///
  /// Nesting ends at 64 and the number of values and keys at `maximumCount`, so time and memory
  /// stay within a small multiple of the input, whatever it holds.
  ///
  /// Source: RFC 8259.
  ///
  /// - Parameter pythonWords: Take `Infinity`, `-Infinity` and `NaN`, which Python writes and JSON
  ///   does not have, as strings.
  public init(
    parsing bytes: UnsafeRawBufferPointer, maximumCount: Int = 4_000_000,
    pythonWords: Bool = false
  ) throws(JSONError) {
    var parser = JSONParser(bytes: bytes, maximumCount: maximumCount, pythonWords: pythonWords)
    self = try parser.document()
  }

  /// Reads `text` as above.
  public init(parsing text: String) throws(JSONError) {
    let bytes = Array(text.utf8)
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(JSONError) in try JSONValue(parsing: bytes) }
    }
    self = try result.get()
  }
}

/// Recursive descent over the bytes, as deep as `maximumDepth`.
private struct JSONParser {
  static let maximumDepth = 64

  let bytes: UnsafeRawBufferPointer
  let maximumCount: Int
  let pythonWords: Bool
  var count = 0
  var depth = 0
  var offset = 0

  init(bytes: UnsafeRawBufferPointer, maximumCount: Int, pythonWords: Bool) {
    self.bytes = bytes
    self.maximumCount = maximumCount
    self.pythonWords = pythonWords
  }

  mutating func document() throws(JSONError) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw failure(.byteOrderMark) }
    skipSpace()
    let value = try value()
    skipSpace()
    guard offset == bytes.count else { throw failure(.trailingBytes) }
    return value
  }

  /// The byte at `offset`, or 0 at the end: no token holds a 0.
  var next: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  private var following: UInt8 { offset + 1 < bytes.count ? bytes[offset + 1] : 0 }

  func failure(_ reason: JSONError.Reason, at place: Int? = nil) -> JSONError {
    JSONError(offset: place ?? offset, reason: reason)
  }

  mutating func skipSpace() {
    while next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { offset += 1 }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    offset += 1
    return true
  }

  mutating func value() throws(JSONError) -> JSONValue {
    count += 1
    guard count <= maximumCount else { throw failure(.tooMany(limit: maximumCount)) }
    switch next {
    case UInt8(ascii: "I") where pythonWords: return try word("Infinity", "Infinity")
    case UInt8(ascii: "N") where pythonWords: return try word("NaN", "NaN")
    case UInt8(ascii: "-") where pythonWords && following == UInt8(ascii: "I"):
      return try word("-Infinity", "-Infinity")
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw failure(.unknownWord)
    }
  }

  mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let start = offset
    for index in 0..<text.utf8CodeUnitCount {
      guard take(text.utf8Start[index]) else { throw failure(.unknownWord, at: start) }
    }
    return value
  }

  mutating func enter() throws(JSONError) {
    depth += 1
    guard depth <= Self.maximumDepth else { throw failure(.tooDeep(limit: Self.maximumDepth)) }
    offset += 1
    skipSpace()
  }

  mutating func array() throws(JSONError) -> [JSONValue] {
    try enter()
    var values: [JSONValue] = []
    if !take(UInt8(ascii: "]")) {
      repeat {
        skipSpace()
        values.append(try value())
        skipSpace()
      } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "]")) else { throw failure(.expected("',' or ']'")) }
    }
    depth -= 1
    return values
  }

  mutating func object() throws(JSONError) -> JSONObject {
    try enter()
    var object = JSONObject()
    if !take(UInt8(ascii: "}")) {
      repeat {
        skipSpace()
        let start = offset
        guard next == UInt8(ascii: "\"") else { throw failure(.expected("a key in quotes")) }
        let key = try string()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw failure(.expected("':'")) }
        skipSpace()
        guard object.append(key, try value()) else {
          throw failure(.duplicateKey(key), at: start)
        }
        skipSpace()
      } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "}")) else { throw failure(.expected("',' or '}'")) }
    }
    depth -= 1
    return object
  }

  mutating func number() throws(JSONError) -> JSONNumber {
    let start = offset
    _ = take(UInt8(ascii: "-"))
    let isZero = next == UInt8(ascii: "0")
    let digits = skipDigits()
    var isNumber = digits == 1 || (digits > 1 && !isZero)
    if take(UInt8(ascii: ".")) { isNumber = skipDigits() > 0 && isNumber }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      isNumber = skipDigits() > 0 && isNumber
    }
    guard isNumber else { throw failure(.number, at: start) }
    return JSONNumber(text: String(decoding: bytes[start..<offset], as: UTF8.self))
  }

  mutating func skipDigits() -> Int {
    let start = offset
    while next >= UInt8(ascii: "0") && next <= UInt8(ascii: "9") { offset += 1 }
    return offset - start
  }
}

extension JSONParser {
  mutating func string() throws(JSONError) -> String {
    let start = offset
    offset += 1
    skipPlainBytes()
    if next == UInt8(ascii: "\"") {
      let text = String(validating: bytes[(start + 1)..<offset], as: UTF8.self)
      guard let text else { throw failure(.encoding, at: start) }
      offset += 1
      return text
    }
    return try escapedString(from: start)
  }

  /// The string that begins at `start` and has been read up to its first escape.
  mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var units = Array(bytes[(start + 1)..<offset])
    while !take(UInt8(ascii: "\"")) {
      if next == UInt8(ascii: "\\") {
        try escape(into: &units)
      } else {
        guard offset < bytes.count else { throw failure(.expected("'\"'")) }
        throw failure(.controlCharacter)
      }
      let plain = offset
      skipPlainBytes()
      units.append(contentsOf: bytes[plain..<offset])
    }
    guard let text = String(validating: units, as: UTF8.self) else {
      throw failure(.encoding, at: start)
    }
    return text
  }

  mutating func skipPlainBytes() {
    while next >= 0x20 && next != UInt8(ascii: "\"") && next != UInt8(ascii: "\\") { offset += 1 }
  }

  mutating func escape(into units: inout [UInt8]) throws(JSONError) {
    let start = offset
    offset += 1
    let letter = next
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(letter)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"): units.append(contentsOf: try unicodeEscape(from: start))
    default: throw failure(.escape, at: start)
    }
  }

  /// What follows `\u`, a surrogate with its other half.
  mutating func unicodeEscape(from start: Int) throws(JSONError) -> String.UTF8View {
    let first = try hexDigits(from: start)
    var value = UInt32(first)
    if UTF16.isSurrogate(first) {
      guard UTF16.isLeadSurrogate(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u"))
      else { throw failure(.loneSurrogate, at: start) }
      let second = try hexDigits(from: start)
      guard UTF16.isTrailSurrogate(second) else { throw failure(.loneSurrogate, at: start) }
      value = 0x10000 + (value - 0xD800) << 10 + (UInt32(second) - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw failure(.loneSurrogate, at: start) }
    return String(scalar).utf8
  }

  mutating func hexDigits(from start: Int) throws(JSONError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(next)).hexDigitValue else {
        throw failure(.escape, at: start)
      }
      value = value << 4 | UInt16(digit)
      offset += 1
    }
    return value
  }
}
