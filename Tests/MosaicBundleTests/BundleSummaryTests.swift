import MosaicCore
import Testing

@testable import MosaicBundle

/// What `inspect` says of a bundle whose contents are known.
@Suite struct BundleSummaryTests {
  private let scratch: Scratch
  private let reader: BundleReader
  private let summary: BundleSummary

  init() throws {
    scratch = try Scratch()
    try SmallBundle.write(to: scratch.path())
    reader = try BundleReader(path: scratch.path())
    summary = BundleSummary(reader)
  }

  @Test func tensorsAndTheirReaders() {
    let all = TensorUse(variants: [0, 1, 2], role: .dense)
    #expect(
      summary.uses == [
        all, all, all, TensorUse(variants: [], role: .unused),
        TensorUse(variants: [0], role: .refitted), TensorUse(variants: [1], role: .refitted),
        TensorUse(variants: [2], role: .refitted),
      ])
    let lines = summary.tensorText.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.count == 8)
    #expect(lines[1][..<4] == ["up.weight", "F32", "80x16", "5.0"])
    #expect(lines[1].suffix(5) == ["dense,", "shared", "0", "1", "2"])
    #expect(lines[4].suffix(2) == ["unused", "-"])
    #expect(lines[7].suffix(2) == ["refitted", "2"])
  }

  /// Parts of shared chunks add up to the chunks.
  @Test func storedBytes() {
    let facts = summary.tensorFacts
    let chunks = reader.manifest.chunks.reduce(0) { $0 + $1.storedSize }
    let stored = facts.reduce(0) { $0 + $1.storedBytes }
    // Each tensor's part is rounded by itself.
    #expect(abs(stored - chunks) <= facts.count)
    #expect(facts[3].codec == "zstd" && facts[3].storedBytes < facts[3].tensor.byteCount)
    #expect(facts.contains { $0.codec == "planes" })
  }

  @Test func whatSharingSaves() {
    let bytes = summary.tensorBytes
    let kept = [40, 80, 40]
    #expect(bytes.stored == 4 * (80 * 16 + 80 + 3 * 16) + 2 * 16 * kept.reduce(0, +))
    #expect(
      bytes.separate == kept.reduce(0) { $0 + 4 * ($1 * 16 + $1 + 3 * 16) + 2 * 16 * $1 })
    // The group names no bias among its producers, so the first variant's counts.
    #expect(bytes.dense == 4 * (80 * 16 + 40 + 3 * 16) + 2 * 16 * 80)
    let share = fixed(Double(bytes.stored) / Double(bytes.dense), 3)
    #expect(summary.sharingText.contains(", \(share) of dense; a file for each variant would"))
    #expect(summary.json["dense_tensor_bytes"]?.int == bytes.dense)
  }

  /// What a stranger's file claims is printed, and ends nothing.
  @Test func impossibleCounts() throws {
    try SmallBundle.write(to: scratch.path("many.mosaic")) { manifest in
      var group = manifest.groups[0]
      group.unitCount = Int.max / 2
      group.macsPerUnit = Int.max / 2
      group.unitSize = Int.max / 2
      manifest.groups += [group, group, group]
    }
    let summary = BundleSummary(try BundleReader(path: scratch.path("many.mosaic")))
    #expect(summary.tensorBytes.dense == .max)
    #expect(summary.unitCounts(of: reader.manifest.variants[0]) == (.max, .max))
    #expect(summary.text.contains(" 0.000 "))
    #expect(!summary.groupText.isEmpty && !summary.variantText.isEmpty)
    #expect(summary.json["variants"] != nil)
  }

  @Test func variants() {
    // f32 weight, bias and table are shared; the bf16 consumer is the variant's own.
    let shared = 4 * (80 * 16 + 80 + 3 * 16)
    for (number, kept) in [40, 80, 40].enumerated() {
      let bytes = summary.weightBytes(of: number)
      #expect(bytes.own == 2 * 16 * kept)
      #expect(bytes.shared == shared)
      #expect(summary.unitCounts(of: reader.manifest.variants[number]) == (kept, 80))
    }
    let lines = summary.variantText.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[1].contains("0 range 0") && lines[1].contains(" 40/80 "))
    #expect(lines[1].contains("-inf .. -2.50"))
  }

  @Test func scheduleIsDrawn() {
    let lines = summary.scheduleText.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].contains("log-SNR"))
    // Half of 30, and the only error there is.
    #expect(lines[1].contains("|\(String(repeating: "#", count: 15)) "))
    #expect(lines[1].hasSuffix("|\(String(repeating: "*", count: 20))"))
    #expect(!lines[2].contains("#") && !lines[2].contains("*"))
    #expect(lines.allSatisfy { $0.allSatisfy(\.isASCII) })
  }

  @Test func barsSpanTheMagnitudes() throws {
    try SmallBundle.write(to: scratch.path()) { manifest in
      var step = manifest.schedule.perStep[1]
      step.timestep = 100
      step.logSNR = 3
      step.predictedError = 1e-8
      manifest.schedule.perStep[1].predictedError = 1e-6
      manifest.schedule.perStep.append(step)
      manifest.schedule.steps = 3
      manifest.schedule.perStep[2].variant = 2
    }
    let text = BundleSummary(try BundleReader(path: scratch.path())).scheduleText
    let stars = text.split(separator: "\n").dropFirst().map { $0.count { $0 == "*" } }
    // 1e-4, 1e-6, 1e-8: equal ratios are equal lengths, 1 + 19 · {1, 1/2, 0} rounded.
    #expect(stars == [20, 11, 1])
  }

  @Test func provenance() {
    let lines = summary.provenanceText.split(separator: "\n")
    #expect(lines[0] == "content digest: \(hexadecimal(reader.contentDigest))")
    #expect(lines[2] == "seed: \(UInt64.max)")
    #expect(lines[3] == "arguments: convert --budget 0.6")
    #expect(
      lines[4]
        == "source: model.safetensors, SHA-256 \(String(repeating: "07", count: 32))")
  }

  @Test func jsonCarriesEverything() throws {
    let json = summary.json
    #expect(json["schema"]?.string == "mosaic.inspect/1")
    #expect(json["seed"]?.string == "\(UInt64.max)")
    #expect(json["sources"]?.array?.first?["name"]?.string == "model.safetensors")
    let tensors = try #require(json["tensors"]?.array)
    #expect(tensors.map { $0["name"]?.string } == reader.manifest.tensors.map(\.name))
    #expect(tensors[0]["variants"] == [0, 1, 2])
    #expect(tensors[0]["shared"] == true)
    #expect(tensors[6]["role"] == "refitted")
    #expect(tensors[6]["shape"] == [16, 40])
    let variant = try #require(json["variants"]?.array?.last)
    #expect(variant["kept_units"] == 40 && variant["units"] == 80)
    #expect(variant["own_bytes"] == 1280)
    #expect(json["sensitivity"]?.array?.first?["sparsities"] == [0.2, 0.4])
    #expect(json["proof"]?["samples"] == 128)
  }
}
