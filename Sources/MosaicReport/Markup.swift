internal import MosaicCore

/// A piece of HTML or SVG. What is written is well-formed XML and HTML at once, whatever the texts
/// hold.
indirect enum Markup {
  case text(String)
  /// Rules of a style sheet, which are ours and written as they are: no `<`, no `&`.
  case rules(String)
  case element(name: String, attributes: [(name: String, value: String)], content: [Markup])

  init(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: [Markup] = []
  ) {
    self = .element(
      name: name, attributes: attributes.map { (name: $0.key, value: $0.value) }, content: content)
  }

  init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) {
    self.init(name, attributes, [.text(text)])
  }

  var serialized: String {
    var result = ""
    write(to: &result)
    return result
  }

  /// Elements that HTML wants without an end tag, and shapes, which may be without.
  private static let empty: Set = [
    "br", "circle", "col", "img", "line", "meta", "path", "rect",
  ]
  /// Elements in which white space means nothing: their children get a line each.
  private static let structural: Set = [
    "body", "div", "dl", "figure", "footer", "g", "head", "header", "html", "main", "section",
    "svg", "table", "tbody", "thead", "tr", "ul",
  ]

  private func write(to result: inout String) {
    switch self {
    case .text(let text): result += escaped(text)
    case .rules(let rules): result += rules
    case .element(let name, let attributes, let content):
      result += "<\(name)"
      for attribute in attributes { result += " \(attribute.name)=\"\(escaped(attribute.value))\"" }
      if Self.empty.contains(name) && content.isEmpty {
        result += "/>"
        return
      }
      result += ">"
      let separator = Self.structural.contains(name) ? "\n" : ""
      result += separator
      for child in content {
        child.write(to: &result)
        result += separator
      }
      result += "</\(name)>"
    }
  }
}

/// `text` for an element or a quoted attribute. Characters that XML forbids, that steer a terminal
/// or that turn the direction of writing are spelled out.
func escaped(_ text: String) -> String {
  // Nearly all texts, and pictures in base 64, need nothing.
  if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) && !markupBytes.contains($0) }) {
    return text
  }
  var result = ""
  for scalar in printable(text, limit: .max).unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

private let markupBytes = Array("&<>\"'".utf8)
