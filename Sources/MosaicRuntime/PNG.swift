/// Portable Network Graphics of 8 bits a channel.
///
/// Source: W3C, "Portable Network Graphics (PNG) Specification", third edition.
public enum PNG {
  /// Returns the file of a picture.
  ///
  /// - Parameters:
  ///   - channels: 1 for grey, 3 for red, green and blue.
  ///   - pixels: `height` rows of `width` pixels of `channels` bytes.
  /// - Precondition: `width` and `height` are 1 to 2³¹ - 1 and `pixels` has all bytes.
  public static func encode(width: Int, height: Int, channels: Int, pixels: [UInt8]) -> [UInt8] {
    precondition(channels == 1 || channels == 3)
    precondition((1...0x7FFF_FFFF).contains(width) && (1...0x7FFF_FFFF).contains(height))
    precondition(pixels.count == width * height * channels)
    let isColoured = channels == 3
    var header: [UInt8] = []
    header += bigEndian(width)
    header += bigEndian(height)
    // Bit depth, colour type, then the only compression, filtering and order there is.
    header += [8, isColoured ? 2 : 0, 0, 0, 0]

    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    append("IHDR", header, to: &file)
    append(
      "IDAT", zlibCompressed(filtered(pixels, rowCount: height, pixelSize: channels)), to: &file)
    append("IEND", [], to: &file)
    return file
  }

  /// A chunk: length, type, data, checksum of type and data.
  private static func append(_ type: StaticString, _ data: [UInt8], to file: inout [UInt8]) {
    file += bigEndian(data.count)
    let start = file.count
    file += UnsafeBufferPointer(start: type.utf8Start, count: type.utf8CodeUnitCount)
    file += data
    let checksum = crc32(file[start...])
    file += bigEndian(Int(checksum))
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian) { Array($0) }
  }

  /// Each row after its filter's number: as it is, less its left neighbour, or less the row above,
  /// whichever has the least sum of absolute values (the specification's own heuristic).
  private static func filtered(_ pixels: [UInt8], rowCount: Int, pixelSize: Int) -> [UInt8] {
    let rowSize = pixels.count / rowCount
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count + rowCount)
    var above = [UInt8](repeating: 0, count: rowSize)
    for row in 0..<rowCount {
      let current = Array(pixels[row * rowSize..<(row + 1) * rowSize])
      var left = current
      var up = current
      for index in pixelSize..<max(pixelSize, rowSize) {
        left[index] = current[index] &- current[index - pixelSize]
      }
      for index in 0..<rowSize { up[index] = current[index] &- above[index] }
      let candidates: [(number: UInt8, bytes: [UInt8])] = [(0, current), (1, left), (2, up)]
      let best = candidates.min { magnitude($0.bytes) < magnitude($1.bytes) } ?? (0, current)
      result.append(best.number)
      result += best.bytes
      above = current
    }
    return result
  }

  private static func magnitude(_ bytes: [UInt8]) -> Int {
    bytes.reduce(0) { $0 + Int(Int8(bitPattern: $1).magnitude) }
  }
}
