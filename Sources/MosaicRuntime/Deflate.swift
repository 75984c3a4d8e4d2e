/// Compresses `bytes` to a zlib stream: one block of fixed Huffman codes with matches found
/// greedily, or stored blocks where that is shorter.
///
/// Meant for pictures of a few megabytes, where a dependency would cost more than it saves.
///
/// Source: RFC 1950 and RFC 1951.
func zlibCompressed(_ bytes: [UInt8]) -> [UInt8] {
  let stored = storedBlocks(bytes)
  let packed = fixedBlock(bytes)
  // 32 KiB window, no dictionary; the header is a multiple of 31.
  var stream: [UInt8] = [0x78, 0x01]
  stream += packed.count < stored.count ? packed : stored
  withUnsafeBytes(of: adler32(bytes).bigEndian) { stream += $0 }
  return stream
}

private func storedBlocks(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  var start = 0
  repeat {
    let count = min(bytes.count - start, 65535)
    let isLast = start + count == bytes.count
    let length = UInt16(count)
    result.append(isLast ? 1 : 0)
    withUnsafeBytes(of: length.littleEndian) { result += $0 }
    withUnsafeBytes(of: (~length).littleEndian) { result += $0 }
    result += bytes[start..<start + count]
    start += count
  } while start < bytes.count
  return result
}

private func fixedBlock(_ bytes: [UInt8]) -> [UInt8] {
  var writer = BitWriter()
  writer.write(1, count: 1)
  writer.write(1, count: 2)
  // The last place each hash of three bytes was seen at.
  var places = [Int](repeating: -1, count: 1 << 14)
  var position = 0
  while position < bytes.count {
    guard position + 3 <= bytes.count else {
      writer.writeSymbol(Int(bytes[position]))
      position += 1
      continue
    }
    let key = hash(bytes, at: position)
    let candidate = places[key]
    places[key] = position
    let length = matchLength(bytes, candidate, position)
    if length >= 3 {
      writer.writeMatch(length: length, distance: position - candidate)
      position += length
    } else {
      writer.writeSymbol(Int(bytes[position]))
      position += 1
    }
  }
  writer.writeSymbol(256)
  return writer.finished()
}

private func hash(_ bytes: [UInt8], at position: Int) -> Int {
  let word =
    UInt32(bytes[position]) | UInt32(bytes[position + 1]) << 8 | UInt32(bytes[position + 2]) << 16
  return Int((word &* 0x9E37_79B1) >> 18)
}

/// Bytes alike at both places, at most 258; 0 where `candidate` is out of the window.
private func matchLength(_ bytes: [UInt8], _ candidate: Int, _ position: Int) -> Int {
  guard candidate >= 0, position - candidate <= 32768 else { return 0 }
  let limit = min(258, bytes.count - position)
  var length = 0
  while length < limit, bytes[candidate + length] == bytes[position + length] { length += 1 }
  return length
}

/// Bits filled into bytes from the lowest up.
private struct BitWriter {
  private var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingCount = 0

  mutating func write(_ bits: Int, count: Int) {
    pending |= UInt64(bits) << UInt64(pendingCount)
    pendingCount += count
    while pendingCount >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingCount -= 8
    }
  }

  /// Huffman codes go in from their highest bit.
  private mutating func writeCode(_ code: Int, count: Int) {
    var reversed = 0
    for bit in 0..<count where code >> bit & 1 == 1 { reversed |= 1 << (count - 1 - bit) }
    write(reversed, count: count)
  }

  /// A literal byte, the end of the block (256) or a length class, by the fixed code.
  mutating func writeSymbol(_ symbol: Int) {
    switch symbol {
    case ..<144: writeCode(0x30 + symbol, count: 8)
    case ..<256: writeCode(0x190 + symbol - 144, count: 9)
    case ..<280: writeCode(symbol - 256, count: 7)
    default: writeCode(0xC0 + symbol - 280, count: 8)
    }
  }

  mutating func writeMatch(length: Int, distance: Int) {
    if length == 258 {
      writeSymbol(285)
    } else {
      let (offset, extra) = BitWriter.place(of: length - 3, perStep: 4)
      writeSymbol(257 + offset)
      write((length - 3) & (1 << extra - 1), count: extra)
    }
    let (offset, extra) = BitWriter.place(of: distance - 1, perStep: 2)
    writeCode(offset, count: 5)
    write((distance - 1) & (1 << extra - 1), count: extra)
  }

  /// The class of a length or distance and how many low bits it leaves open: each doubling has
  /// `perStep` classes.
  private static func place(of value: Int, perStep: Int) -> (offset: Int, extra: Int) {
    guard value >= perStep else { return (value, 0) }
    let stepBits = perStep.trailingZeroBitCount
    let extra = Int.bitWidth - 1 - value.leadingZeroBitCount - stepBits
    return ((extra << stepBits) + (value >> extra), extra)
  }

  mutating func finished() -> [UInt8] {
    write(0, count: (8 - pendingCount) % 8)
    return bytes
  }
}
