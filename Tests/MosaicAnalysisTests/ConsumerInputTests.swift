import MosaicIR
import MosaicKernels
import MosaicLowering
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

@Suite struct ConsumerInputTests {
  /// Sums over the patches that each weight meets, by plain loops.
  @Test func momentsOfAConvolution() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 3, 6, 5]))
    let first = graph.addWeight("first", shape: [4, 3, 3, 3])
    let second = graph.addWeight("second", shape: [2, 4, 3, 3])
    let inner = try graph.add(Convolution(padding: 1), [x, first], name: "inner")
    let bent = try graph.add(Activate(.silu), inner, name: "bent")
    graph.outputs = try graph.add(
      Convolution(stride: 2, padding: 1), [bent[0], second], name: "outer")
    let group = try #require(PruningGroups(of: graph, state: x).groups.first)
    #expect(group.unitCount == 4 && group.unitSize == 9 && group.kind == .channels)
    let input = try ConsumerInput(
      of: group.consumptions[0].consumer, in: graph, graph.lowered())
    #expect(input.size == 4 * 6 * 5 && input.width == 36 && input.rowCount == 3 * 3)

    var random = SplitMix64(seed: 3)
    let samples = random.floats(2 * input.size)
    var moments = GramStatistics(width: 36)
    samples.withUnsafeBufferPointer {
      input.add($0, to: &moments, scratch: GramScratch(width: 36))
    }
    var rows: [[Double]] = []
    for sample in 0..<2 {
      for place in 0..<9 {
        rows.append(
          (0..<36).map { column in
            let row = place / 3 * 2 - 1 + column / 3 % 3
            let at = place % 3 * 2 - 1 + column % 3
            guard (0..<6).contains(row), (0..<5).contains(at) else { return 0 }
            return Double(samples[((sample * 4 + column / 9) * 6 + row) * 5 + at])
          })
      }
    }
    #expect(moments.rows == 18)
    for row in 0..<36 {
      #expect(abs(moments.sum[row] - rows.reduce(0) { $0 + $1[row] }) <= 1e-5)
      for column in 0...row {
        let expected = rows.reduce(0) { $0 + $1[row] * $1[column] }
        #expect(abs(moments.gram[row * (row + 1) / 2 + column] - expected) <= 1e-5)
      }
    }
  }
}
