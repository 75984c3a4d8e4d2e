import CXXHash
import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// Verbs that read bundles, given damaged ones.
@Suite struct BundleDamageTests {
  let workspace: Workspace
  private let bytes: [UInt8]

  init() throws {
    workspace = try Workspace()
    bytes = try TinyBundle.bytes.get()
  }

  private func inspect(_ bytes: [UInt8]) throws -> (result: CommandResult, path: String) {
    let path = try workspace.directory.file("damaged.mosaic", bytes)
    return (try mosaic("inspect", path), path)
  }

  private func sample(_ bytes: [UInt8]) throws -> (result: CommandResult, path: String) {
    let path = try workspace.directory.file("damaged.mosaic", bytes)
    let result = try mosaic("run", path, "-o", workspace.output("out.safetensors"), "--quiet")
    return (result, path)
  }

  @Test func truncated() throws {
    let (result, path) = try inspect(Array(bytes.dropLast(10)))
    expectRefusal(
      result, .badData,
      "\(path): the file needs \(bytes.count) bytes but \(bytes.count - 10) are left; copy or "
        + "convert it again")
    let (short, _) = try inspect(Array(bytes[..<100]))
    expectRefusal(
      short, .badData,
      "\(path): the header needs 128 bytes but 100 are left; copy or convert it again")
  }

  @Test func longer() throws {
    let (result, path) = try inspect(bytes + [0, 0, 0])
    expectRefusal(
      result, .badData, "\(path): has 3 bytes after its end; copy or convert it again")
  }

  @Test func flippedInTheHeader() throws {
    var damaged = bytes
    damaged[50] ^= 1
    let (result, path) = try inspect(damaged)
    expectRefusal(
      result, .badData, "\(path): the header does not match its checksum; copy or convert it again")
  }

  @Test func flippedInTheManifest() throws {
    var damaged = bytes
    damaged[bytes.count - 20] ^= 4
    let (result, path) = try inspect(damaged)
    expectRefusal(
      result, .badData,
      "\(path): the manifest does not match its checksum; copy or convert it again")
  }

  @Test func flippedInTheData() throws {
    var damaged = bytes
    damaged[130] ^= 0x10
    // The data are read when they are needed.
    let (inspected, _) = try inspect(damaged)
    #expect(inspected.status == 0)
    let (result, path) = try sample(damaged)
    expectRefusal(
      result, .badData, "\(path): chunk 0 does not match its checksum; copy or convert it again")
    #expect(try workspace.written() == [])
  }

  /// Every part of a run's result comes from checked bytes: a flip anywhere is refused, or lies in
  /// padding that nothing reads.
  @Test func flippedAnywhere() throws {
    let whole = try sample(bytes)
    #expect(whole.result.status == 0, "\(whole.result.errors)")
    let expected = try readBytes(workspace.output("out.safetensors"))
    try FileManager.default.removeItem(atPath: workspace.output("out.safetensors"))
    var random = SplitMix64(seed: 7)
    var refused = 0
    for _ in 0..<24 {
      var damaged = bytes
      let place = Int.random(in: bytes.indices, using: &random)
      damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let (result, path) = try sample(damaged)
      if result.status == 0 {
        #expect(try readBytes(workspace.output("out.safetensors")) == expected)
        try FileManager.default.removeItem(atPath: workspace.output("out.safetensors"))
        continue
      }
      refused += 1
      #expect(result.status == ExitStatus.badData.rawValue, "byte \(place): \(result.errors)")
      #expect(result.errors.hasPrefix("mosaic: \(path): "))
      #expect(try workspace.written() == [])
    }
    #expect(refused > 16)
  }

  @Test func newerVersion() throws {
    var newer = bytes
    newer[16] = 2
    seal(&newer)
    let (result, path) = try inspect(newer)
    expectRefusal(
      result, .unsupported,
      "\(path): format 2 is outside 1...1, which this mosaic reads; use a newer one")
  }

  @Test func unknownFeature() throws {
    var newer = bytes
    newer[24] = 4
    seal(&newer)
    let (result, path) = try inspect(newer)
    expectRefusal(
      result, .unsupported,
      "\(path): needs feature bit 2, which this mosaic does not know; use a newer one")
  }

  @Test func textModeTransfer() throws {
    var mangled = bytes
    mangled.remove(at: 7)
    let (result, path) = try inspect(mangled)
    expectRefusal(
      result, .badData,
      "\(path): was changed by a text-mode transfer; copy it again in binary mode")
  }

  /// Makes the header's checksum right again.
  private func seal(_ bytes: inout [UInt8]) {
    let checksum = bytes[..<120].withUnsafeBytes { mosaic_xxh64($0.baseAddress, $0.count) }
    bytes.replaceSubrange(
      120..<128, with: withUnsafeBytes(of: checksum.littleEndian) { Array($0) })
  }
}
