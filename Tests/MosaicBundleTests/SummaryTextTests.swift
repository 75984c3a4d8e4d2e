import Testing

@testable import MosaicBundle

@Suite struct SummaryTextTests {
  /// Texts come from strangers, and a terminal obeys what they hold.
  @Test func escapesWhatTheManifestHolds() throws {
    let scratch = try Scratch()
    let escape = "\u{1B}[2J"
    try SmallBundle.write(to: scratch.path()) { manifest in
      manifest.generator = escape
      manifest.model.architecture = escape
      manifest.schedule.kind = escape
      manifest.schedule.criterion = escape
      manifest.schedule.influence = escape
      manifest.schedule.sampler = escape
      manifest.groups[0].name = escape
      manifest.groups[0].kind = escape
      manifest.variants[0].name = escape
    }
    let summary = BundleSummary(try BundleReader(path: scratch.path()))
    let text = summary.text + summary.groupText
    #expect(!text.unicodeScalars.contains("\u{1B}"))
    #expect(text.split(separator: "\\u{1b}[2J", omittingEmptySubsequences: false).count == 11)
  }
}
