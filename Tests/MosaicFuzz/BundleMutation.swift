import MosaicTestSupport

/// One damaged bundle, determined by its seed.
struct BundleMutation {
  private let parts: BundleParts
  private let tree: WireTree
  private let whole: [UInt8]

  init(_ file: [UInt8]) {
    whole = file
    parts = BundleParts(file)
    tree = WireTree(parts.manifest[...])!
  }

  func mutant(seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    switch Int.random(in: 0..<20, using: &random) {
    case 0, 1: return unsealed(&random)
    case 2, 3: return changedHeader(&random)
    case 4, 5: return changedStoredManifest(&random)
    case 6, 7, 8: return changedChunks(&random)
    case 9, 10, 11:
      var parts = parts
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        parts.manifest.damage(&random)
      }
      return parts.sealed()
    default: return changedFields(&random)
    }
  }

  /// Truncations at every 97th byte, then every bit of header and manifest: sealed again, and not.
  var systematic: some Sequence<[UInt8]> {
    let truncated = stride(from: 0, to: whole.count, by: 97).lazy.map { Array(whole[..<$0]) }
    let places = Array(0..<8 * BundleParts.headerSize) + Array(manifestBits)
    let flipped = places.lazy.map { bit in
      var file = whole
      file[bit / 8] ^= 1 << UInt8(bit % 8)
      return file
    }
    let headers = (0..<8 * 120).lazy.map { bit in
      parts.sealed { $0[bit / 8] ^= 1 << UInt8(bit % 8) }
    }
    let manifests = (0..<8 * parts.manifest.count).lazy.map { bit in
      var parts = parts
      parts.manifest[bit / 8] ^= 1 << UInt8(bit % 8)
      return parts.sealed()
    }
    return [
      AnySequence(truncated), AnySequence(flipped), AnySequence(headers), AnySequence(manifests),
    ].joined()
  }

  private var manifestBits: Range<Int> {
    8 * (BundleParts.headerSize + parts.body.count)..<8 * whole.count
  }

  private func unsealed(_ random: inout SplitMix64) -> [UInt8] {
    var file = whole
    for _ in 0..<Int.random(in: 1...3, using: &random) { file.damage(&random) }
    return file
  }

  private func changedHeader(_ random: inout SplitMix64) -> [UInt8] {
    let edges: [UInt64] = [
      0, 1, 127, 128, 1 << 31, 1 << 32, 1 << 63, .max, UInt64(whole.count),
      UInt64(whole.count) - 1, UInt64(whole.count) + 1,
    ]
    let place = [16, 24, 32, 40, 48, 56, 64, 96, 104].randomElement(using: &random)!
    let value = edges.randomElement(using: &random)!
    return parts.sealed { BundleParts.set(&$0, at: place, value) }
  }

  /// The manifest's zstd frame damaged, in two, or of another size than declared.
  private func changedStoredManifest(_ random: inout SplitMix64) -> [UInt8] {
    var stored = BundleParts.compress(parts.manifest)
    var rawSize = parts.manifest.count
    switch Int.random(in: 0..<5, using: &random) {
    case 0: stored += stored
    case 1: rawSize += Int.random(in: -3...3, using: &random)
    case 2: rawSize = stored.count * [99, 100, 101].randomElement(using: &random)!
    case 3:
      let zeros = stored.count * 50
      stored = BundleParts.compress([UInt8](repeating: 0, count: zeros))
      rawSize = zeros
    default: stored.damage(&random)
    }
    return parts.sealed(stored: stored, rawSize: rawSize)
  }

  private func changedChunks(_ random: inout SplitMix64) -> [UInt8] {
    var parts = parts
    let size = parts.body.count
    for _ in 0..<Int.random(in: 1...3, using: &random) { parts.body.damage(&random) }
    // The chunks keep their places.
    if parts.body.count > size { parts.body.removeSubrange(size...) }
    parts.body += [UInt8](repeating: 0, count: size - parts.body.count)
    parts.resealChunks()
    return parts.sealed()
  }

  private func changedFields(_ random: inout SplitMix64) -> [UInt8] {
    var parts = parts
    var tree = tree
    for _ in 0..<Int.random(in: 1...3, using: &random) { tree.mutate(&random) }
    parts.manifest = tree.encoded
    return parts.sealed()
  }
}

extension [UInt8] {
  /// Flips a bit, sets, removes, doubles or overwrites bytes, or cuts the end off.
  mutating func damage(_ random: inout SplitMix64) {
    guard !isEmpty else { return }
    let place = Int.random(in: indices, using: &random)
    let end = Swift.min(count, place + Int.random(in: 1...32, using: &random))
    switch Int.random(in: 0..<7, using: &random) {
    case 0, 1: self[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: self[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
    case 3: removeSubrange(place..<end)
    case 4: insert(contentsOf: self[place..<end], at: place)
    case 5:
      let target = Int.random(in: 0...count - (end - place), using: &random)
      replaceSubrange(target..<target + end - place, with: self[place..<end])
    default: removeSubrange(place...)
    }
  }
}
