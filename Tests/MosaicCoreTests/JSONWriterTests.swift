import Foundation
import MosaicCore
import Testing

@Suite struct JSONWriterTests {
  let value: JSONValue = [
    "name": "a\"\\/\u{08}\u{0C}\n\r\t\u{01}\u{1F}é😀", "list": [1, -2.5, 1e300, true, nil, [], [:]],
    "nested": ["deep": ["x": 0.1]],
  ]

  @Test func writesOneLine() {
    let expected =
      #"{"name":"a\"\\/\b\f\n\r\t\u0001\u001fé😀","list":[1,-2.5,1e+300,true,null,[],{}],"#
      + #""nested":{"deep":{"x":0.1}}}"#
    #expect(value.text() == expected)
  }

  @Test func indents() {
    let value: JSONValue = ["a": [1, ["b": nil]], "c": [:]]
    #expect(
      value.text(indented: true) == """
        {
          "a": [
            1,
            {
              "b": null
            }
          ],
          "c": {}
        }
        """)
  }

  @Test func readsBackWhatItWrites() throws {
    #expect(try JSONValue(parsing: value.text()) == value)
    #expect(try JSONValue(parsing: value.text(indented: true)) == value)
  }

  /// Foundation's reader is the independent one.
  @Test func foundationReadsTheSame() throws {
    let object = try JSONSerialization.jsonObject(with: Data(value.text().utf8))
    let members = try #require(object as? [String: Any])
    #expect(members["name"] as? String == value["name"]?.string)
    let list = try #require(members["list"] as? [Any])
    #expect(list[2] as? Double == 1e300)
    #expect(list.count == 7)
  }

  @Test func writesNonFiniteNumbersAsNull() {
    let values = [Double.nan, .infinity, -.infinity, 1].map { JSONValue($0) }
    #expect(JSONValue(values).text() == "[null,null,null,1.0]")
  }

  @Test func doublesSurviveTheRoundTrip() throws {
    let edges: [Double] = [
      0.1, 1 / 3, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 1e-5,
      123_456_789.125,
    ]
    for edge in edges {
      #expect(try JSONValue(parsing: JSONValue(edge).text()).double == edge)
    }
  }
}
