public import MosaicCore

/// A file of a schedule or of a cost model is not what its schema asks for.
public struct AllocationFileError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case json(JSONError)
    /// A field holds something else, or is missing.
    case field(String, expected: String, found: String)
    /// A field that the schema does not have.
    case unknownField(String)
    /// What the fields say does not fit together, or does not fit the run.
    case unfit(field: String, problem: String)
  }

  public var file: String
  public var reason: Reason

  public init(file: String, _ reason: Reason) {
    self.file = file
    self.reason = reason
  }

  public var description: String {
    switch reason {
    case .json(let error): "\(file): \(error)"
    case .field(let field, let expected, let found):
      "\(file): \(field) is \(printable(found)); expected \(expected)"
    case .unknownField(let field):
      "\(file): \(printable(field)) is no field of this schema; remove it"
    case .unfit(let field, let problem): "\(file): \(field): \(problem)"
    }
  }

  public var exitStatus: ExitStatus { .badData }
}

/// The members of one object of such a file, each taken once.
struct FileFields {
  let file: String
  /// Where the object is: "ranges[2]"; empty for the whole file.
  let place: String
  private var rest: JSONObject

  init(_ json: JSONValue, file: String, place: String = "") throws(AllocationFileError) {
    guard let object = json.object else {
      throw AllocationFileError(
        file: file,
        .field(place.isEmpty ? "the file" : place, expected: "an object", found: json.kind))
    }
    self.file = file
    self.place = place
    rest = object
  }

  /// Parses a file and takes its schema.
  init(parsing text: String, file: String, schema: String) throws(AllocationFileError) {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: text)
    } catch {
      throw AllocationFileError(file: file, .json(error))
    }
    try self.init(json, file: file)
    _ = try take("schema", "\"\(schema)\"") { $0.string == schema ? schema : nil }
  }

  /// The field's name with where it is.
  func name(_ field: String) -> String { place.isEmpty ? field : "\(place).\(field)" }

  func has(_ field: String) -> Bool { rest[field] != nil }

  mutating func take<Value>(
    _ field: String, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws(AllocationFileError) -> Value {
    let json = rest[field]
    rest[field] = nil
    guard let json, let value = read(json) else {
      throw AllocationFileError(
        file: file,
        .field(name(field), expected: expected, found: json?.text() ?? "missing"))
    }
    return value
  }

  mutating func number(
    _ field: String, _ expected: String, where isValid: (Double) -> Bool
  ) throws(AllocationFileError) -> Double {
    try take(field, expected) { json in json.double.flatMap { isValid($0) ? $0 : nil } }
  }

  /// A list of objects, 1 or more.
  mutating func objects(_ field: String) throws(AllocationFileError) -> [FileFields] {
    let values = try take(field, "a list of objects that is not empty") { json in
      json.array.flatMap { $0.isEmpty ? nil : $0 }
    }
    var result: [FileFields] = []
    for (index, value) in values.enumerated() {
      result.append(try FileFields(value, file: file, place: name("\(field)[\(index)]")))
    }
    return result
  }

  func refuseTheRest() throws(AllocationFileError) {
    if let field = rest.keys.first {
      throw AllocationFileError(file: file, .unknownField(name(field)))
    }
  }
}
