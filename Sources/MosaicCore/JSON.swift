/// A JSON value, read strictly by RFC 8259.
///
/// Stricter than the RFC asks where two readers could otherwise see two different texts: duplicate
/// keys, byte order marks and lone surrogates are refused.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

extension JSONValue {
  /// The value of `key`, or nil where this is no object or has no such key.
  public subscript(key: String) -> JSONValue? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  public var string: String? {
    if case .string(let string) = self { string } else { nil }
  }

  /// The number, where it is written as an integer and fits.
  public var int: Int? {
    if case .number(let number) = self { number.int } else { nil }
  }

  /// The number, rounded to the nearest double, where that is finite.
  public var double: Double? {
    if case .number(let number) = self { number.double } else { nil }
  }

  public var bool: Bool? {
    if case .bool(let bool) = self { bool } else { nil }
  }

  public var array: [JSONValue]? {
    if case .array(let array) = self { array } else { nil }
  }

  public var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  public var isNull: Bool { self == .null }

  /// What kind of value this is, in words.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A number as it is written, so that integers stay exact.
public struct JSONNumber: Sendable, Equatable {
  /// A number by JSON's grammar.
  public let text: String

  init(text: String) { self.text = text }

  public init(_ value: Int) { text = String(value) }

  /// The shortest text that reads back as `value`, or nil where it is not finite.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    text = value.description
  }

  /// The value where it is written without fraction and exponent and fits, else nil; `-0` is no
  /// integer.
  public var int: Int? { text == "-0" ? nil : Int(text) }

  /// The nearest double, or nil where that is infinite.
  public var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
}

/// Keys and values in the order they were written.
public struct JSONObject: Sendable, Equatable {
  public private(set) var keys: [String] = []
  public private(set) var values: [JSONValue] = []
  /// Places of the keys; empty while the object is small enough to look through.
  private var places: [String: Int] = [:]
  private static let smallCount = 8

  public init() {}

  public var count: Int { keys.count }

  /// Setting nil removes the key; setting a new key appends it.
  public subscript(key: String) -> JSONValue? {
    get { place(of: key).map { values[$0] } }
    set {
      switch (place(of: key), newValue) {
      case (let place?, let value?): values[place] = value
      case (let place?, nil): remove(at: place)
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  /// Adds `key` at the end and returns whether it was new; if not, nothing changes.
  @discardableResult
  mutating func append(_ key: String, _ value: JSONValue) -> Bool {
    if count < Self.smallCount {
      guard !keys.contains(key) else { return false }
    } else {
      if places.isEmpty { indexKeys() }
      let known = places.updateValue(count, forKey: key)
      if let known {
        places[key] = known
        return false
      }
    }
    keys.append(key)
    values.append(value)
    return true
  }

  private func place(of key: String) -> Int? {
    places.isEmpty ? keys.firstIndex(of: key) : places[key]
  }

  private mutating func remove(at place: Int) {
    keys.remove(at: place)
    values.remove(at: place)
    places = [:]
    if count > Self.smallCount { indexKeys() }
  }

  private mutating func indexKeys() {
    for (place, key) in keys.enumerated() { places[key] = place }
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.keys == right.keys && left.values == right.values
  }
}

extension JSONObject: Sequence {
  public func makeIterator() -> Zip2Sequence<[String], [JSONValue]>.Iterator {
    zip(keys, values).makeIterator()
  }
}
