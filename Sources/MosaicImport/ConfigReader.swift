internal import MosaicCore

/// Fields of a `config.json`, each read with its type, and the ones nobody read.
struct ConfigReader {
  let path: String
  private let object: JSONValue
  private var unread: Set<String>

  init(_ object: JSONValue, path: String) throws(ImportError) {
    guard let fields = object.object else {
      throw ImportError(path: path, reason: .badJSON("holds no JSON object"))
    }
    self.object = object
    self.path = path
    unread = Set(fields.keys.filter { !$0.hasPrefix("_") })
  }

  var className: String? { object["_class_name"]?.string }

  /// A whole number of 1 or more; `fallback` where the field is absent or null.
  mutating func count(_ field: String, default fallback: Int? = nil) throws(ImportError) -> Int {
    guard let value = take(field) else {
      guard let fallback else { throw missing(field, expected: "a whole number") }
      return fallback
    }
    guard let number = value.int, (1...(1 << 24)).contains(number) else {
      throw bad(field, expected: "a whole number from 1 to 16777216", value)
    }
    return number
  }

  mutating func number(_ field: String, default fallback: Double) throws(ImportError) -> Double {
    guard let value = take(field) else { return fallback }
    guard let number = value.double, number.isFinite else {
      throw bad(field, expected: "a number", value)
    }
    return number
  }

  mutating func flag(_ field: String, default fallback: Bool) throws(ImportError) -> Bool {
    guard let value = take(field) else { return fallback }
    guard let flag = value.bool else { throw bad(field, expected: "true or false", value) }
    return flag
  }

  mutating func text(_ field: String, default fallback: String) throws(ImportError) -> String {
    guard let value = take(field) else { return fallback }
    guard let text = value.string else { throw bad(field, expected: "a string", value) }
    return text
  }

  /// Reads past a field whose value changes nothing for inference in f32.
  mutating func ignore(_ field: String) { unread.remove(field) }

  func unsupported(_ field: String, found: String, supported: String) -> ImportError {
    ImportError(
      path: path, reason: .unsupportedField(field: field, found: found, supported: supported))
  }

  func bad(_ field: String, expected: String, found: String) -> ImportError {
    ImportError(path: path, reason: .badField(field: field, expected: expected, found: found))
  }

  /// - Throws: `ImportError` naming the first field that nothing read.
  func requireAllRead() throws(ImportError) {
    guard let field = unread.sorted().first else { return }
    throw unsupported(
      field, found: object[field]?.text(indented: false) ?? "", supported: "leaving it out")
  }

  private mutating func take(_ field: String) -> JSONValue? {
    unread.remove(field)
    guard let value = object[field], !value.isNull else { return nil }
    return value
  }

  private func missing(_ field: String, expected: String) -> ImportError {
    bad(field, expected: expected, found: "nothing")
  }

  private func bad(_ field: String, expected: String, _ value: JSONValue) -> ImportError {
    bad(field, expected: expected, found: value.text(indented: false))
  }
}
