import Foundation
import Testing

@testable import MosaicReport

@Suite struct SampleFigureTests {
  @Test(arguments: 0...9) func base64IsFoundations(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 89 + 250) }
    #expect(base64(bytes) == Data(bytes).base64EncodedString())
  }

  @Test func onlyPicturesHaveASize() throws {
    let png = samplePNG(seed: 1)
    let size = try #require(PNGSize(png))
    #expect(size.width == 128 && size.height == 64)
    #expect(PNGSize([]) == nil && PNGSize(Array(png.prefix(23))) == nil)
    var empty = png
    empty.replaceSubrange(16..<20, with: [0, 0, 0, 0])
    #expect(PNGSize(empty) == nil)
  }
}
