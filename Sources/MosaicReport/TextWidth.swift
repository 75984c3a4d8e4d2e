internal import MosaicCore

extension String {
  /// About the width of this text in a picture, as it is written there: by the letters of a wide
  /// font, as the reader's is not known.
  func width(size: Double = 12) -> Double {
    printable(self, limit: .max).unicodeScalars.reduce(0) { $0 + emWidth(of: $1) } * size
  }
}

private func emWidth(of letter: Unicode.Scalar) -> Double {
  switch letter {
  case "i", "j", "l", "t", "f", "r", "I", ".", ",", ":", ";", "'", "|", "!", "(", ")", "[", "]",
    " ":
    0.39
  case "m", "w", "M", "W", "<", ">", "=", "+", "%", "&", "@", "~", "#", "…", "—", "→": 0.9
  default: letter.value < 0x1100 || (0x2000..<0x2100).contains(letter.value) ? 0.62 : 1.05
  }
}

/// `text` in at most `width` units of a picture, with its middle left out: names differ at both
/// ends.
func shortened(_ text: String, toFit width: Double, size: Double = 12) -> String {
  let text = printable(text, limit: .max)
  var result = text
  // No letter is narrower than a fifth of its size, so more of them are not tried.
  var kept = min(text.count - 1, Int(width / size * 5))
  while result.width(size: size) > width, kept >= 2 {
    result = "\(text.prefix(kept / 2))…\(text.suffix(kept - kept / 2))"
    kept -= 1
  }
  return result
}

/// A tensor's name in at most `width` units of a picture: what tells names apart is kept longest.
/// Words between full stops are cut from the left, "transformer_blocks" to "tb" and "attentions" to
/// "att", as many as must be.
func abbreviated(_ name: String, toFit width: Double, size: Double) -> String {
  var parts = printable(name, limit: .max).split(separator: ".", omittingEmptySubsequences: false)
    .map(String.init)
  for index in parts.indices.prefix(32) {
    let joined = parts.joined(separator: ".")
    if joined.width(size: size) <= width { return joined }
    let words = parts[index].split(separator: "_")
    if words.count > 1 {
      parts[index] = words.map { String($0.prefix(1)) }.joined()
    } else if parts[index].count > 5 {
      parts[index] = String(parts[index].prefix(3))
    }
  }
  return shortened(parts.joined(separator: "."), toFit: width, size: size)
}
