/// A plain inflater for tests, written from RFC 1951 and sharing nothing with the compressor:
/// stored blocks and blocks of fixed codes, codes read bit by bit.
struct Inflate {
  enum Failure: Error { case truncated, badBlock, badSymbol, badDistance }

  private let bytes: [UInt8]
  private var bit = 0

  /// - Returns: The bytes of a zlib stream and the checksum that ends it.
  static func zlib(_ stream: [UInt8]) throws -> (bytes: [UInt8], checksum: UInt32) {
    guard stream.count >= 6, stream[0] == 0x78,
      (Int(stream[0]) * 256 + Int(stream[1])).isMultiple(of: 31)
    else { throw Failure.badBlock }
    var reader = Inflate(bytes: Array(stream[2..<stream.count - 4]))
    let result = try reader.blocks()
    guard (reader.bit + 7) / 8 == reader.bytes.count else { throw Failure.truncated }
    return (result, stream.suffix(4).reduce(0) { $0 << 8 | UInt32($1) })
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func bits(_ count: Int) throws -> Int {
    var value = 0
    for place in 0..<count {
      guard bit / 8 < bytes.count else { throw Failure.truncated }
      value |= Int(bytes[bit / 8] >> UInt8(bit % 8) & 1) << place
      bit += 1
    }
    return value
  }

  private mutating func blocks() throws -> [UInt8] {
    var result: [UInt8] = []
    var isLast = false
    while !isLast {
      isLast = try bits(1) == 1
      switch try bits(2) {
      case 0:
        bit = (bit + 7) / 8 * 8
        let count = try bits(16)
        guard try bits(16) == count ^ 0xFFFF else { throw Failure.badBlock }
        for _ in 0..<count { result.append(UInt8(try bits(8))) }
      case 1: try fixedBlock(into: &result)
      default: throw Failure.badBlock
      }
    }
    return result
  }

  private mutating func fixedSymbol() throws -> Int {
    var code = 0
    for length in 1...9 {
      code = code << 1 | (try bits(1))
      switch (length, code) {
      case (7, 0...0b0010111): return 256 + code
      case (8, 0b0011_0000...0b1011_1111): return code - 0b0011_0000
      case (8, 0b1100_0000...0b1100_0111): return 280 + code - 0b1100_0000
      case (9, 0b1_1001_0000...0b1_1111_1111): return 144 + code - 0b1_1001_0000
      default: continue
      }
    }
    throw Failure.badSymbol
  }

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
    2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]

  private mutating func fixedBlock(into result: inout [UInt8]) throws {
    while true {
      let symbol = try fixedSymbol()
      if symbol == 256 { return }
      if symbol < 256 {
        result.append(UInt8(symbol))
        continue
      }
      guard symbol <= 285 else { throw Failure.badSymbol }
      let length =
        Inflate.lengthBases[symbol - 257] + (try bits(Inflate.lengthBits[symbol - 257]))
      var code = 0
      for _ in 0..<5 { code = code << 1 | (try bits(1)) }
      guard code < 30 else { throw Failure.badSymbol }
      let distance = Inflate.distanceBases[code] + (try bits(Inflate.distanceBits[code]))
      guard distance <= result.count else { throw Failure.badDistance }
      for _ in 0..<length { result.append(result[result.count - distance]) }
    }
  }
}
