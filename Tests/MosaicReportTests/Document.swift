import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A page or picture as a strict XML parser reads it.
final class Document: NSObject, XMLParserDelegate {
  struct Element {
    var name: String
    var attributes: [String: String]
    /// Its own and that of elements in it.
    var text = ""

    /// One of the classes of its `class`.
    func has(_ className: String) -> Bool {
      attributes["class"]?.split(separator: " ").contains { $0 == className } ?? false
    }
  }

  /// In the order of their start tags.
  private(set) var elements: [Element] = []
  private var open: [Int] = []

  /// Fails the test that calls it where `text` is not well-formed.
  init(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    let isWellFormed = parser.parse()
    let problem = "line \(parser.lineNumber): \(String(describing: parser.parserError))"
    try #require(isWellFormed, "\(problem)", sourceLocation: sourceLocation)
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  var text: String { elements.first?.text ?? "" }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    open.append(elements.count)
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    for index in open { elements[index].text += text }
  }
}

extension Document {
  private static let numeric: Set = [
    "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height",
  ]

  /// Attributes of shapes that hold something else than numbers that can be drawn.
  var badGeometry: [String] {
    elements.flatMap { element in
      element.attributes.compactMap { name, value in
        let numbers: [Substring]
        switch name {
        case _ where Self.numeric.contains(name): numbers = [value[...]]
        case "d": numbers = value.split { "MLZ ".contains($0) }
        case "viewBox": numbers = value.split(separator: " ")
        default: return nil
        }
        let areGood =
          !numbers.isEmpty
          && numbers.allSatisfy { text in
            guard let number = Double(text), abs(number) < 1e5 else { return false }
            return !["width", "height", "r"].contains(name) || number >= 0
          }
        return areGood ? nil : "\(element.name) \(name)=\(value)"
      }
    }
  }
}
