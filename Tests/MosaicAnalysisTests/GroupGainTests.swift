import MosaicAnalysis
import Testing

@Suite struct GroupGainTests {
  @Test func scalesTheCurve() {
    let gain = GroupGain(half: 2, whole: 8)
    #expect(gain.errors(of: [0, 1, 3], isWhole: false) == [0, 2, 6])
    #expect(gain.errors(of: [], isWhole: true) == [])
  }

  /// The last step down to nothing counts by the larger gain, twice.
  @Test func countsWholeSubLayersWithCaution() {
    #expect(GroupGain(half: 2, whole: 8).errors(of: [0, 1, 3], isWhole: true) == [0, 2, 48])
    #expect(GroupGain(half: 2, whole: 1).errors(of: [0, 1, 3], isWhole: true) == [0, 2, 12])
  }
}
