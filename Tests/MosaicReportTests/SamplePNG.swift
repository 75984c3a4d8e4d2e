/// A small grey picture as a PNG file: eight by four cells with a soft ring in each, stored without
/// compression (PNG, third edition; RFC 1950 and 1951 for the stored block).
func samplePNG(seed: Int) -> [UInt8] {
  let (width, height, cell) = (128, 64, 16)
  var rows: [UInt8] = []
  for y in 0..<height {
    rows.append(0)
    for x in 0..<width {
      let dx = Double(x % cell) - 7.5
      let dy = Double(y % cell) - 7.5
      let distance = (dx * dx + dy * dy).squareRoot() - Double(3 + (x / cell + y / cell * seed) % 4)
      rows.append(UInt8(255 * max(0, 1 - abs(distance) / 2)))
    }
  }
  let count = UInt16(rows.count)
  let block = [1] + littleEndian(count) + littleEndian(~count) + rows
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    + chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 0, 0, 0, 0])
    + chunk("IDAT", [0x78, 0x01] + block + bigEndian(adler32(rows))) + chunk("IEND", [])
}

private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
  let body = Array(name.utf8) + content
  return bigEndian(UInt32(content.count)) + body + bigEndian(crc32(body))
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
  var crc = UInt32.max
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 {
      let isOdd = crc & 1 == 1
      crc >>= 1
      if isOdd { crc ^= 0xedb8_8320 }
    }
  }
  return ~crc
}

private func adler32(_ bytes: [UInt8]) -> UInt32 {
  let sums = bytes.reduce((a: UInt32(1), b: UInt32(0))) { sums, byte in
    let a = (sums.a + UInt32(byte)) % 65521
    return (a, (sums.b + a) % 65521)
  }
  return sums.b << 16 | sums.a
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

private func littleEndian(_ value: UInt16) -> [UInt8] {
  [0, 8].map { UInt8(truncatingIfNeeded: value >> $0) }
}
