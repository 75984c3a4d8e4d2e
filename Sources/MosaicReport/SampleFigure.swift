/// Grids of samples beside each other.
struct SampleFigure {
  private var figures: [Markup]

  /// Nil where no grid is a PNG file.
  init?(_ grids: [ReportData.SampleGrid]) {
    figures = grids.compactMap { grid in
      PNGSize(grid.png).map { size in
        Markup(
          "figure", [:],
          [
            Markup(
              "img",
              [
                "src": "data:image/png;base64,\(base64(grid.png))", "alt": grid.caption,
                "width": String(size.width), "height": String(size.height),
              ]),
            Markup("figcaption", text: grid.caption),
          ])
      }
    }
    if figures.isEmpty { return nil }
  }

  var markup: Markup { Markup("div", ["class": "grids"], figures) }
}

/// Width and height as a PNG file's first chunk says them (PNG, third edition, 5.2 and 11.2.1).
struct PNGSize: Equatable {
  var width: UInt32
  var height: UInt32

  init?(_ file: [UInt8]) {
    let start: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]
    guard file.count >= 24, file.starts(with: start), file[12..<16].elementsEqual("IHDR".utf8)
    else { return nil }
    func number(at offset: Int) -> UInt32 {
      file[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
    width = number(at: 16)
    height = number(at: 20)
    if width == 0 || height == 0 { return nil }
  }
}

/// RFC 4648, section 4.
func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var result: [UInt8] = []
  result.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
    for place in 0..<4 {
      let isPadding = place > group.count
      let digit = Int(bits >> UInt32(18 - 6 * place) & 63)
      result.append(isPadding ? UInt8(ascii: "=") : alphabet[digit])
    }
  }
  return String(decoding: result, as: UTF8.self)
}
