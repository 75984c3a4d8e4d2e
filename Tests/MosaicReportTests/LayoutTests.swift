import Testing

@testable import MosaicReport

@Suite struct LayoutTests {
  @Test func labelsKeepTheirDistanceAndTheirOrder() {
    let places = [50, 51, 52, 10, 99.0]
    let moved = spread(places, gap: 10, within: 0...100)
    let sorted = moved.sorted()
    for (a, b) in zip(sorted, sorted.dropFirst()) { #expect(b - a >= 10 - 1e-9) }
    #expect(sorted.first ?? -1 >= 0 && sorted.last ?? 101 <= 100)
    #expect(moved[3] == 10 && moved[0] < moved[1] && moved[1] < moved[2] && moved[2] < moved[4])
  }

  @Test func labelsWithoutRoomShareWhatThereIs() {
    let moved = spread([Double](repeating: 7, count: 11), gap: 14, within: 0...20)
    for (index, place) in moved.enumerated() { #expect(abs(place - Double(index) * 2) < 1e-9) }
    #expect(spread([], gap: 1, within: 0...1) == [])
  }

  @Test(arguments: [1, 2, 7, 20, 50, 1000]) func theLastStepIsLabelled(count: Int) {
    let layout = StepLayout(count: count, left: 40, right: 340)
    let steps = layout.labelled(room: 40)
    #expect(steps.first == 0 && steps.last == count - 1)
    for (a, b) in zip(steps, steps.dropFirst()) {
      #expect(layout.center(b) - layout.center(a) >= 40)
    }
  }

  @Test func noTwoSeriesLookAlike() {
    let looks = (0..<64).map { "\(MarkShape(series: $0)) \(Palette.series($0))" }
    #expect(Set(looks).count == 64)
    #expect(Set((0..<8).map { MarkShape(series: $0) }).count == 8)
  }

  @Test func namesAreShortenedInTheMiddle() {
    #expect(shortened("transformer_blocks.11.attn", toFit: 82) == "trans…1.attn")
    #expect(shortened("short", toFit: 40) == "short")
    #expect(shortened("\u{0}\u{0}\u{0}", toFit: 70).width() <= 70)
    #expect(shortened("長い名前の長い名前", toFit: 62) == "長い…名前")
    let name = "down_blocks.1.attentions.27.transformer_blocks.0.ff.net.2"
    #expect(abbreviated(name, toFit: 400, size: 11) == name)
    #expect(abbreviated(name, toFit: 270, size: 11) == "db.1.att.27.transformer_blocks.0.ff.net.2")
    #expect(abbreviated(name, toFit: 160, size: 11) == "db.1.att.27.tb.0.ff.net.2")
    #expect(abbreviated(name, toFit: 80, size: 11).width(size: 11) <= 80)
    #expect(commonPrefix(of: ["blocks.0.a", "blocks.0.b", "blocks.1.a"]) == "blocks.")
    #expect(commonPrefix(of: ["a.b"]) == "" && commonPrefix(of: ["ab", "ac"]) == "")
  }

  @Test func numbersAreWrittenShort() {
    #expect(
      [0.5, 0.25, 1, 100, 0, 2e-7, 0.125].map { brief($0) } == [
        "0.5", "0.25", "1", "100", "0", "2.00e-7", "0.125",
      ])
    #expect([12.34, 12, -0.04, .nan].map(coordinate) == ["12.3", "12", "0", "0"])
    #expect([999, 0.5, 500.25].map(timestepText) == ["999", "0.5", "500.2"])
    #expect(percent(0.7512) == "75.1 %" && percent(.nan) == "–")
  }
}
