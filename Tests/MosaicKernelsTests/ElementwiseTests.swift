import MosaicKernels
import MosaicTestSupport
import Testing

@Suite struct ElementwiseTests {
  @Test(arguments: [1, 15, 16, 17, 100])
  func addsExactly(count: Int) {
    var random = SplitMix64(seed: 2)
    let (a, b) = (random.floats(count), random.floats(count))
    var y = [Float](repeating: .nan, count: count + 1)
    add(a, b, into: &y, count: count)
    #expect(Array(y[..<count]) == zip(a, b).map { $0 + $1 })
    #expect(y[count].isNaN)
  }

  @Test(arguments: [(1, 1), (3, 16), (5, 33), (2, 256)])
  func gatesByColumn(rows: Int, width: Int) {
    var random = SplitMix64(seed: 3)
    let x = random.floats(rows * width)
    let branch = random.floats(rows * width)
    let gate = random.floats(width)
    let expected = x.indices.map {
      Double(x[$0]) + Double(gate[$0 % width]) * Double(branch[$0])
    }
    // Product and sum round once each, and neither exceeds 2.
    let bound = 4 * halfUlp
    var y = [Float](repeating: .nan, count: rows * width)
    gatedAdd(x, branch: branch, gate: gate, into: &y, rows: rows, width: width)
    expectClose(y, expected) { _ in bound }

    var inPlace = x
    inPlace.withUnsafeMutableBufferPointer {
      gatedAdd(
        $0.baseAddress!, branch: branch, gate: gate, into: $0.baseAddress!, rows: rows,
        width: width)
    }
    #expect(inPlace == y)
  }
}
