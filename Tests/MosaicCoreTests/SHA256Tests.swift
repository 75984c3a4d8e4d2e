import CMosaicSIMD
import MosaicCore
import MosaicTestSupport
import Testing

@Suite struct SHA256Tests {
  /// The examples NIST gives with FIPS 180-4, and the digest of nothing.
  @Test(
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        String(repeating: "a", count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func matchesPublishedVectors(text: String, digest: String) {
    let hash = Array(text.utf8).withUnsafeBytes { SHA256.hash($0) }
    #expect(hexadecimal(hash) == digest)
  }

  @Test func piecesGiveTheDigestOfTheWhole() {
    var random = SplitMix64(seed: 7)
    for count in 0...200 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let whole = bytes.withUnsafeBytes { SHA256.hash($0) }
      var hash = SHA256()
      var start = 0
      while start < count {
        let end = Int.random(in: start...count, using: &random)
        bytes[start..<end].withUnsafeBytes { hash.update($0) }
        start = end
      }
      #expect(hash.finish() == whole, "\(count) bytes")
    }
  }

  /// The version for processors without instructions of their own, against the one in use.
  @Test(arguments: [0, 1, 2, 3, 17]) func plainVersionAgrees(blocks: Int) {
    var random = SplitMix64(seed: 8)
    let bytes = (0..<64 * blocks).map { _ in UInt8.random(in: 0...255, using: &random) }
    var state = (0..<8).map { _ in UInt32.random(in: 0...UInt32.max, using: &random) }
    var plain = state
    mosaic_sha256(&state, bytes, blocks)
    mosaic_sha256_plain(&plain, bytes, blocks)
    #expect(state == plain)
  }

  /// Vectors as above, through the plain version alone: a message of one padded block.
  @Test func plainVersionMatchesPublishedVector() {
    var block = [UInt8](repeating: 0, count: 64)
    block.replaceSubrange(0..<4, with: [0x61, 0x62, 0x63, 0x80])
    block[63] = 24
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
      0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    mosaic_sha256_plain(&state, block, 1)
    #expect(
      state == [
        0xba78_16bf, 0x8f01_cfea, 0x4141_40de, 0x5dae_2223,
        0xb003_61a3, 0x9617_7a9c, 0xb410_ff61, 0xf200_15ad,
      ])
  }
}
