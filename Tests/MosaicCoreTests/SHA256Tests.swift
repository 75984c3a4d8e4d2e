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
}
