import MosaicCore
import Testing

@testable import MosaicBundle

@Suite struct BundleVerificationTests {
  private let scratch: Scratch
  private var image: BundleImage

  init() throws {
    scratch = try Scratch()
    image = try BundleImage(scratch)
  }

  private func verify() throws -> BundleVerification {
    try BundleVerification(try BundleReader(path: try scratch.write(image.sealed())))
  }

  @Test func whole() throws {
    let verification = try verify()
    #expect(verification.isWhole && verification.error == nil)
    let digest = hexadecimal(try BundleReader(path: scratch.path()).contentDigest)
    #expect(verification.text.hasSuffix("\ncontent digest: \(digest)"))
    #expect(verification.json["whole"] == true)
    #expect(verification.json["content_digest"]?.string == digest)
  }

  @Test func namesEveryDamagedChunk() throws {
    var image = image
    let manifest = try image.value()
    for chunk in manifest.chunks { image.body[chunk.offset - 128] ^= 1 }
    let verification = try BundleVerification(
      try BundleReader(path: try scratch.write(image.sealed())))
    #expect(verification.damage.map(\.chunk) == Array(manifest.chunks.indices))
    #expect(
      Set(verification.damage.flatMap(\.tensors)) == Set(manifest.tensors.map(\.name)))
    let error = try #require(verification.error)
    #expect(error.exitStatus == .badData)
    #expect(error.description.contains(": chunk 0 does not match its checksum; "))
    #expect(error.description.hasSuffix("; \(manifest.chunks.count) chunks are damaged in all"))
    #expect(verification.json["damage"]?.array?.count == manifest.chunks.count)
  }

  @Test func contentUnderAnotherHash() throws {
    var image = image
    try image.change { $0.chunks[0].sha256[0] ^= 1 }
    let verification = try BundleVerification(
      try BundleReader(path: try scratch.write(image.sealed())))
    #expect(verification.damage.map(\.chunk) == [0])
    #expect(
      verification.error?.description.contains("is not what its SHA-256 names") == true)
  }

  @Test func paddingCounts() throws {
    var image = image
    let chunks = try image.value().chunks
    let place = try #require(
      chunks.indices.dropFirst().first {
        chunks[$0].offset > chunks[$0 - 1].offset + chunks[$0 - 1].storedSize
      })
    image.body[chunks[place].offset - 129] = 1
    let verification = try BundleVerification(
      try BundleReader(path: try scratch.write(image.sealed())))
    #expect(verification.damage.map(\.chunk) == [place])
  }

  @Test func newerCodecIsNoDamage() throws {
    var image = image
    try image.change { $0.chunks[0].codec = .unknown(9) }
    let verification = try BundleVerification(
      try BundleReader(path: try scratch.write(image.sealed())))
    #expect(verification.damage.isEmpty && !verification.isWhole)
    #expect(verification.error?.exitStatus == .unsupported)
  }
}
