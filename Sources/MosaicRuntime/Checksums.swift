/// The cyclic redundancy check of PNG and gzip, of `bytes` after what `crc` stands for.
///
/// Source: ISO 3309, polynomial 0xEDB88320 with bits reversed.
func crc32(_ bytes: some Sequence<UInt8>, continuing crc: UInt32 = 0) -> UInt32 {
  ~bytes.reduce(~crc) { remainder, byte in
    crcTable[Int((remainder ^ UInt32(byte)) & 0xFF)] ^ (remainder >> 8)
  }
}

private let crcTable: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { remainder, _ in
    remainder & 1 == 1 ? 0xEDB8_8320 ^ (remainder >> 1) : remainder >> 1
  }
}

/// The checksum that ends a zlib stream.
///
/// Source: RFC 1950, section 8.2.
func adler32(_ bytes: some Sequence<UInt8>) -> UInt32 {
  var (low, high): (UInt32, UInt32) = (1, 0)
  for byte in bytes {
    low = (low + UInt32(byte)) % 65521
    high = (high + low) % 65521
  }
  return high << 16 | low
}
