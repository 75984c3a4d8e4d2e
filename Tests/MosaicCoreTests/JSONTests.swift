import MosaicCore
import Testing

@Suite struct JSONTests {
  @Test func readsEveryKindOfValue() throws {
    let json = try JSONValue(
      parsing: """
         {"null": null, "yes": true, "no": false, "text": "a\\n\\u00e9\\ud83d\\ude00/\\/\u{1F600}",
          "list": [1, -2.5e3, [], {}], "": 0 }\r\n\t
        """)
    #expect(
      json == [
        "null": nil, "yes": true, "no": false, "text": "a\né😀//😀",
        "list": [1, .number(try #require(json["list"]?.array?[1].number)), [], [:]], "": 0,
      ])
    #expect(json["list"]?.array?[1].double == -2500)
    #expect(json["list"]?.array?[1].int == nil)
    #expect(json[""]?.int == 0)
    #expect(json["none"] == nil)
    #expect(json.object?.keys == ["null", "yes", "no", "text", "list", ""])
  }

  @Test func keepsIntegersExact() throws {
    let json = try JSONValue(
      parsing: "[9007199254740993, 9223372036854775807, 9223372036854775808, 1.0, 1e1, -0, 1e999]")
    #expect(
      json.array?.map(\.int) == [9_007_199_254_740_993, Int.max, nil, nil, nil, nil, nil])
    #expect(json.array?.last?.double == nil)
  }

  @Test(
    arguments: [
      ("", 0, "expected a value"),
      ("\u{FEFF}{}", 0, "a byte order mark is not allowed"),
      ("nul", 0, "expected a value"),
      ("True", 0, "expected a value"),
      ("NaN", 0, "expected a value"),
      ("'a'", 0, "expected a value"),
      ("{} x", 3, "something follows the value"),
      ("{}\0", 2, "something follows the value"),
      ("[1,]", 3, "expected a value"),
      ("[1", 2, "expected ',' or ']'"),
      ("{\"a\":1,}", 7, "expected a key in quotes"),
      ("{\"a\":1", 6, "expected ',' or '}'"),
      ("{\"a\" 1}", 5, "expected ':'"),
      ("{a:1}", 1, "expected a key in quotes"),
      ("{\"a\":1,\"\\u0061\":2}", 7, "key 'a' is there twice"),
      ("01", 0, "not a number by JSON's grammar"),
      ("-", 0, "not a number by JSON's grammar"),
      ("[1.]", 1, "not a number by JSON's grammar"),
      (".5", 0, "expected a value"),
      ("+1", 0, "expected a value"),
      ("1e", 0, "not a number by JSON's grammar"),
      ("0x10", 1, "something follows the value"),
      ("\"a", 2, "expected '\"'"),
      ("\"a\\", 2, "unknown escape sequence"),
      ("\"\\x41\"", 1, "unknown escape sequence"),
      ("\"\\u12G4\"", 1, "unknown escape sequence"),
      ("\"\\ud800\"", 1, "half a surrogate pair"),
      ("\"\\ud800\\u0041\"", 1, "half a surrogate pair"),
      ("\"\\ude00\\ud83d\"", 1, "half a surrogate pair"),
      ("\"a\nb\"", 2, "control character inside a string"),
      ("\"a\0b\"", 2, "control character inside a string"),
    ])
  func refuses(text: String, offset: Int, reason: String) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error?.description == "invalid JSON at byte \(offset): \(reason)")
    #expect(error?.exitStatus == .badData)
  }

  /// Overlong forms, surrogates, beyond U+10FFFF, cut short, and a stray continuation.
  @Test(
    arguments: [
      [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xE2, 0x82], [0x80], [0xFF],
    ] as [[UInt8]])
  func refusesInvalidUTF8(bytes: [UInt8]) {
    for rest in ["", "\\n"] {
      let text = Array("\"é".utf8) + bytes + Array((rest + "\"").utf8)
      let error = #expect(throws: JSONError.self) {
        try text.withUnsafeBytes { try JSONValue(parsing: $0) }
      }
      #expect(error?.description == "invalid JSON at byte 0: string is not valid UTF-8")
    }
  }

  @Test func limitsDepth() throws {
    let nested = { (depth: Int) in
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try JSONValue(parsing: nested(64)).array?.count == 1)
    for text in [nested(65), nested(100_000), String(repeating: "{\"a\":[", count: 50_000)] {
      let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
      #expect(error?.reason == .tooDeep(limit: 64))
    }
  }

  @Test func limitsTheNumberOfValues() throws {
    let text = Array("[1,2,3]".utf8)
    let limited = { (limit: Int) throws in
      try text.withUnsafeBytes { try JSONValue(parsing: $0, maximumCount: limit) }
    }
    #expect(try limited(4).array?.count == 3)
    let error = #expect(throws: JSONError.self) { try limited(3) }
    #expect(error?.description == "invalid JSON at byte 5: more than 3 values")
  }

  @Test func readsManyNumbersAndKeys() throws {
    let count = 100_000
    let list = "[" + (0..<count).map { "\($0)" }.joined(separator: ",") + "]"
    #expect(try JSONValue(parsing: list).array?.compactMap(\.int) == Array(0..<count))

    let members = "{" + (0..<count).map { "\"key\($0)\":\($0)" }.joined(separator: ",") + "}"
    let object = try JSONValue(parsing: members)
    #expect((0..<count).allSatisfy { object["key\($0)"]?.int == $0 })
  }

  @Test func findsADuplicateAmongManyKeys() {
    let text = "{" + (0..<20).map { "\"\($0)\":0," }.joined() + "\"3\":1}"
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error?.reason == .duplicateKey("3"))
  }

  @Test func objectsSetReplaceAndRemove() {
    for count in [3, 8, 9, 20] {
      var object = JSONObject()
      for index in 0..<count { object["\(index)"] = JSONValue(index) }
      object["1"] = "one"
      object["0"] = nil
      object["new"] = true
      #expect(object.keys == (1..<count).map { "\($0)" } + ["new"])
      #expect(object["1"]?.string == "one")
      #expect(object["0"] == nil)
      #expect(object["\(count - 1)"]?.int == count - 1)
      #expect(object["new"]?.bool == true)
    }
  }
}

extension JSONValue {
  fileprivate var number: JSONNumber? {
    if case .number(let number) = self { number } else { nil }
  }
}
