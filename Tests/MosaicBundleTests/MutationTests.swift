import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicBundle

/// Random damage under correct checksums: readers refuse or read, and never crash, hang or take
/// more memory than they were given.
@Suite struct MutationTests {
  private static let edges: [UInt64] = [
    0, 1, 0x7F, 0x80, 1 << 31, 1 << 32, 1 << 40, 1 << 62, 1 << 63, .max,
  ]

  @Test func fiveThousandSealedMutations() throws {
    let scratch = try Scratch()
    let image = try BundleImage(scratch)
    var random = SplitMix64(seed: 2024)
    var counts: [String: Int] = [:]
    let path = scratch.path()
    for _ in 0..<5000 {
      var changed = image
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        try mutate(&changed, &random)
      }
      try Data(changed.sealed()).write(to: URL(fileURLWithPath: path))
      let outcome =
        switch reason(path) {
        case nil: "read"
        case .wire: "wire"
        case .program: "program"
        case .checksum, .magic, .mangled, .trailing: "checksum"
        case .inconsistent, .limit, .memory, .truncated: "inconsistent"
        case .unsupported, .unknownProgram, .version, .feature: "unsupported"
        case .file: "file"
        }
      counts[outcome, default: 0] += 1
    }
    // Every layer was reached: the first checksum did not hide those behind it.
    #expect(counts["checksum", default: 0] + counts["file", default: 0] < 100)
    for layer in ["read", "wire", "program", "inconsistent", "unsupported"] {
      #expect(counts[layer, default: 0] > 20, "\(counts)")
    }
  }

  private func mutate(_ image: inout BundleImage, _ random: inout SplitMix64) throws {
    let place = Int.random(in: 0..<image.manifest.count, using: &random)
    let edge = Self.edges.randomElement(using: &random) ?? 0
    switch Int.random(in: 0..<9, using: &random) {
    case 0, 1: image.manifest[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: image.manifest[place] = UInt8(truncatingIfNeeded: edge)
    case 3: image.manifest.remove(at: place)
    case 4:
      // A part of the manifest over another.
      let end = min(place + 32, image.manifest.count)
      let target = Int.random(in: 0...image.manifest.count - (end - place), using: &random)
      image.manifest.replaceSubrange(
        target..<target + end - place, with: image.manifest[place..<end])
    case 5: image.manifest.insert(UInt8(truncatingIfNeeded: edge), at: place)
    case 6: mutateHeader(&image, edge, field: Int.random(in: 0..<6, using: &random))
    default: try mutateValue(&image, Int(truncatingIfNeeded: edge >> 1), &random)
    }
  }

  private func mutateHeader(_ image: inout BundleImage, _ edge: UInt64, field: Int) {
    let value = Int(truncatingIfNeeded: edge >> 1)
    image.header = {
      switch field {
      case 0: $0.manifestOffset = value
      case 1: $0.manifestStoredSize = value
      case 2: $0.manifestRawSize = value
      case 3: $0.fileSize = value
      case 4: $0.incompatibleFeatures = edge
      default: $0.minor = UInt32(truncatingIfNeeded: edge)
      }
    }
  }

  /// An edge value in one field of a manifest that still decodes.
  private func mutateValue(
    _ image: inout BundleImage, _ edge: Int, _ random: inout SplitMix64
  ) throws {
    guard var value = try? image.value() else { return }
    let chunk = Int.random(in: value.chunks.indices, using: &random)
    let tensor = Int.random(in: value.tensors.indices, using: &random)
    let variant = Int.random(in: value.variants.indices, using: &random)
    // A program that an earlier mutation made unknown is empty.
    guard value.variants[variant].unsupported == nil else { return }
    let index = Int.random(in: value.variants[variant].program.values.indices, using: &random)
    let step = Int.random(
      in: value.variants[variant].program.instructions.indices, using: &random)
    switch Int.random(in: 0..<13, using: &random) {
    case 0: value.chunks[chunk].rawSize = edge
    case 1:
      // The stored bytes themselves, with their checksum.
      let start = value.chunks[chunk].offset - 128
      let end = start + value.chunks[chunk].storedSize
      guard start >= 0, start < end, end <= image.body.count else { return }
      image.body[Int.random(in: start..<end, using: &random)] = UInt8(truncatingIfNeeded: edge)
      value.chunks[chunk].checksum = image.body[start..<end].withUnsafeBytes { xxh64($0) }
    case 2: value.chunks[chunk].codec = .unknown(edge & 0xFFFF)
    case 3: value.tensors[tensor].shape = [edge]
    case 4 where !value.tensors[tensor].pieces.isEmpty:
      value.tensors[tensor].pieces[0].offset = edge
    case 5: value.variants[variant].weights.reverse()
    case 6 where !value.variants[variant].weights.isEmpty:
      value.variants[variant].weights[0].runs = [.init(start: edge, count: 1)]
    case 7: value.variants[variant].program.values[index].shape = [edge, 2]
    case 8: value.variants[variant].program.values[index].storage = .arena(offset: edge)
    case 9:
      value.variants[variant].program.values[index].storage = .view(of: edge & 15, offset: 0)
    case 10: value.variants[variant].program.instructions[step].output = edge & 15
    case 11: value.variants[variant].program.arenaSize = edge
    default: value.variants[variant].program.instructions.swapAt(0, step)
    }
    if let bytes = try? BundleImage.bytes(of: value) { image.manifest = bytes }
  }
}
