extension JSONValue {
  /// JSON text, the same for equal values: keys in their order, characters beyond ASCII as they
  /// are; `indented` puts each element on a line of its own, two spaces deeper than its parent.
  public func text(indented: Bool = false) -> String {
    var result = ""
    write(to: &result, indent: indented ? 0 : nil)
    return result
  }

  /// - Parameter indent: Spaces before this value's line, or nil for one line in all.
  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let bool): text += bool ? "true" : "false"
    case .number(let number): text += number.text
    case .string(let string): writeQuoted(string, to: &text)
    case .array(let values):
      writeList(values, "[", "]", to: &text, indent: indent) { value, text, indent in
        value.write(to: &text, indent: indent)
      }
    case .object(let object):
      writeList(object, "{", "}", to: &text, indent: indent) { member, text, indent in
        writeQuoted(member.0, to: &text)
        text += indent == nil ? ":" : ": "
        member.1.write(to: &text, indent: indent)
      }
    }
  }
}

private func writeList<Elements: Sequence>(
  _ elements: Elements, _ opening: String, _ closing: String, to text: inout String, indent: Int?,
  _ write: (Elements.Element, inout String, Int?) -> Void
) {
  let inner = indent.map { $0 + 2 }
  text += opening
  var isEmpty = true
  for element in elements {
    if !isEmpty { text += "," }
    isEmpty = false
    startLine(&text, inner)
    write(element, &text, inner)
  }
  if !isEmpty { startLine(&text, indent) }
  text += closing
}

private func startLine(_ text: inout String, _ indent: Int?) {
  if let indent { text += "\n" + String(repeating: " ", count: indent) }
}

private func writeQuoted(_ string: String, to text: inout String) {
  text += "\""
  for scalar in string.unicodeScalars {
    switch scalar {
    case "\"": text += "\\\""
    case "\\": text += "\\\\"
    case "\u{08}": text += "\\b"
    case "\u{0C}": text += "\\f"
    case "\n": text += "\\n"
    case "\r": text += "\\r"
    case "\t": text += "\\t"
    case "\0"..."\u{1F}":
      let digits = String(scalar.value, radix: 16)
      text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: text.unicodeScalars.append(scalar)
    }
  }
  text += "\""
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  public init(floatLiteral value: Double) { self = JSONValue(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// - Precondition: No key is there twice.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements))
  }

  public init(_ value: String) { self = .string(value) }
  public init(_ value: Int) { self = .number(JSONNumber(value)) }
  /// `value`, or null where it is not finite: JSON has no word for it.
  public init(_ value: Double) { self = JSONNumber(value).map { .number($0) } ?? .null }
  public init(_ value: Bool) { self = .bool(value) }
  public init(_ values: [JSONValue]) { self = .array(values) }
}

extension JSONObject {
  /// - Precondition: No key is there twice.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    self.init()
    for (key, value) in members {
      let isNew = append(key, value)
      precondition(isNew, "key '\(key)' is there twice")
    }
  }
}
