import MosaicTestSupport
import Testing

@testable import MosaicRuntime

@Suite struct PNGTests {
  /// The check values of the two sums' own descriptions.
  @Test func checksumsGiveTheirCheckValues() {
    #expect(crc32("123456789".utf8) == 0xCBF4_3926)
    #expect(crc32("IEND".utf8) == 0xAE42_6082)
    #expect(crc32("6789".utf8, continuing: crc32("12345".utf8)) == 0xCBF4_3926)
    #expect(adler32("Wikipedia".utf8) == 0x11E6_0398)
    #expect(adler32("".utf8) == 1)
  }

  static let samples: [(name: String, bytes: [UInt8])] = {
    var random = SplitMix64(seed: 3)
    func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(random.next() >> 56) } }
    let block = noise(700)
    return [
      ("nothing", []), ("one byte", [200]), ("two bytes", [7, 7]),
      ("a long run", [UInt8](repeating: 9, count: 1000)),
      ("a match just within the window", block + noise(32768 - 700) + block),
      ("a match just beyond it", block + noise(32769 - 700) + block),
      ("noise over a stored block's limit", noise(70_000)),
      ("every length", (3...300).flatMap { [UInt8](repeating: UInt8($0 % 251), count: $0) }),
      ("few values", noise(20_000).map { $0 & 3 }),
      ("high bytes", noise(5000).map { $0 & 3 | 0xC0 }),
    ]
  }()

  @Test(arguments: samples.map(\.name))
  func compressedBytesComeBack(name: String) throws {
    let bytes = try #require(Self.samples.first { $0.name == name }).bytes
    let inflated = try Inflate.zlib(zlibCompressed(bytes))
    #expect(inflated.bytes == bytes)
    #expect(inflated.checksum == adler32(bytes))
  }

  @Test func compressionNeverCostsMoreThanStoring() {
    for (_, bytes) in Self.samples {
      let blocks = max(1, (bytes.count + 65534) / 65535)
      #expect(zlibCompressed(bytes).count <= bytes.count + 5 * blocks + 6)
    }
    #expect(zlibCompressed([UInt8](repeating: 9, count: 1000)).count < 30)
  }

  /// Takes a file apart by the specification: chunks in order with their checksums, then filters.
  static func decode(
    _ file: [UInt8]
  ) throws -> (width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    try #require(file.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    func number(_ place: Int) -> Int { file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    var chunks: [(type: String, data: [UInt8])] = []
    var place = 8
    while place < file.count {
      let count = number(place)
      let body = Array(file[place + 4..<place + 8 + count])
      #expect(number(place + 8 + count) == Int(crc32(body)))
      chunks.append((String(decoding: body.prefix(4), as: UTF8.self), Array(body.dropFirst(4))))
      place += 12 + count
    }
    try #require(chunks.map(\.type) == ["IHDR", "IDAT", "IEND"])
    let (width, height) = (number(16), number(20))
    let channels = chunks[0].data[9] == 2 ? 3 : 1
    #expect(chunks[0].data[8...] == [8, channels == 3 ? 2 : 0, 0, 0, 0])
    #expect(chunks[2].data.isEmpty)

    let lines = try Inflate.zlib(chunks[1].data).bytes
    let rowSize = width * channels
    try #require(lines.count == height * (rowSize + 1))
    var pixels: [UInt8] = []
    for row in 0..<height {
      let filter = lines[row * (rowSize + 1)]
      for index in 0..<rowSize {
        let byte = lines[row * (rowSize + 1) + 1 + index]
        let left = index >= channels ? pixels[row * rowSize + index - channels] : 0
        let above = row > 0 ? pixels[(row - 1) * rowSize + index] : 0
        switch filter {
        case 0: pixels.append(byte)
        case 1: pixels.append(byte &+ left)
        case 2: pixels.append(byte &+ above)
        default: Issue.record("filter \(filter)")
        }
      }
    }
    return (width, height, channels, pixels)
  }

  @Test(arguments: [(1, 1, 1), (1, 1, 3), (5, 3, 3), (64, 48, 3), (33, 70, 1)])
  func picturesComeBack(width: Int, height: Int, channels: Int) throws {
    var random = SplitMix64(seed: 1)
    let smooth = (0..<width * height * channels).map { UInt8(truncatingIfNeeded: $0 / 3) }
    let noisy = smooth.map { _ in UInt8(random.next() >> 56) }
    for pixels in [smooth, noisy] {
      let decoded = try Self.decode(
        PNG.encode(width: width, height: height, channels: channels, pixels: pixels))
      #expect(decoded.width == width)
      #expect(decoded.height == height)
      #expect(decoded.channels == channels)
      #expect(decoded.pixels == pixels)
    }
  }
}

@Suite struct ImageGridTests {
  static func grid(_ images: [Float], _ shape: [Int], scale: Int? = nil) -> ImageGrid {
    images.withUnsafeBufferPointer { ImageGrid(images: $0, shape: shape, scale: scale) }
  }

  @Test func valuesBecomeBytes() {
    let grid = Self.grid([-1, 1, 0, -3, 7, .nan, .infinity, -.infinity], [1, 1, 2, 4], scale: 1)
    #expect(grid.width == 4)
    #expect(grid.height == 2)
    #expect(grid.pixels == [0, 255, 128, 0, 255, 0, 255, 0])
  }

  @Test func channelsAreInterleaved() {
    let grid = Self.grid([-1, 1, 0, 0, 1, -1], [1, 3, 1, 2], scale: 1)
    #expect(grid.pixels == [0, 128, 255, 255, 128, 0])
  }

  @Test func tilesLieInReadingOrderWithGaps() {
    let grid = Self.grid([1, 1, 1], [3, 1, 1, 1], scale: 2)
    #expect(grid.width == 6)
    #expect(grid.height == 6)
    let lines = (0..<6).map { Array(grid.pixels[$0 * 6..<$0 * 6 + 6]) }
    #expect(lines[0] == [255, 255, 0, 0, 255, 255])
    #expect(lines[1] == lines[0])
    #expect(lines[2] == [0, 0, 0, 0, 0, 0])
    #expect(lines[3] == lines[2])
    #expect(lines[4] == [255, 255, 0, 0, 0, 0])
    #expect(lines[5] == lines[4])
  }

  @Test(arguments: [
    (1, 16, 64, 64), (4, 16, 130, 130), (5, 32, 196, 130), (2, 100, 202, 100),
  ])
  func smallPicturesAreEnlarged(count: Int, side: Int, width: Int, height: Int) throws {
    let images = [Float](repeating: 0.5, count: count * side * side * 3)
    let grid = Self.grid(images, [count, 3, side, side])
    #expect(grid.width == width)
    #expect(grid.height == height)
    #expect(try PNGTests.decode(grid.png).pixels == grid.pixels)
  }
}
