import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicKernels

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

  /// To the last bit what the other kernels make of the row repeated.
  @Test(arguments: [(1, 1), (3, 16), (5, 33), (2, 256)], [true, false])
  func addsOneRowToAll(size: (rows: Int, width: Int), isGated: Bool) {
    let (rows, width) = size
    var random = SplitMix64(seed: 4)
    let x = random.floats(rows * width)
    let row = random.floats(width)
    let gate = random.floats(width)
    let branch = (0..<rows).flatMap { _ in row }
    var expected = [Float](repeating: .nan, count: rows * width)
    var y = [Float](repeating: .nan, count: rows * width + 1)
    if isGated {
      gatedAdd(x, branch: branch, gate: gate, into: &expected, rows: rows, width: width)
      gate.withUnsafeBufferPointer {
        addRow(row, to: x, gate: $0.baseAddress, into: &y, rows: rows, width: width)
      }
    } else {
      add(x, branch, into: &expected, count: rows * width)
      addRow(row, to: x, gate: nil, into: &y, rows: rows, width: width)
    }
    #expect(Array(y.dropLast()) == expected)
    #expect(y[rows * width].isNaN)
  }

  @Test(
    arguments: KernelLevel.available,
    [(outer: 1, channels: 1, inner: 1), (3, 37, 1), (1, 5, 21), (2, 3, 16), (16, 64, 1)])
  func forecastsAreWeightedSums(
    level: KernelLevel, size: (outer: Int, channels: Int, inner: Int)
  ) {
    var axis = ChannelAxis(of: [size.channels])
    (axis.outer, axis.inner) = (size.outer, size.inner)
    let count = size.outer * size.channels * size.inner
    var random = SplitMix64(seed: 6)
    let values = (0..<3).map { _ in random.floats(count) }
    let weights = random.floats(3)
    let constants = random.floats(size.channels)
    for terms in 1...3 {
      for isShifted in [true, false] {
        let expected = (0..<count).map { index in
          let start = isShifted ? Double(constants[index / size.inner % size.channels]) : 0
          return (0..<terms).reduce(start) {
            $0 + Double(weights[$1]) * Double(values[$1][index])
          }
        }
        var y = [Float](repeating: .nan, count: count + 1)
        KernelLevel.with(level) {
          withPointers(to: values.prefix(terms)) { pointers in
            forecast(
              Array(zip(pointers, weights)), constants: isShifted ? constants : [], into: &y,
              axis: axis)
          }
        }
        // Three products and three sums round, and no sum exceeds 4.
        expectClose(Array(y.dropLast()), expected) { _ in 12 * halfUlp }
        #expect(y[count].isNaN)
      }
    }
  }

  @Test func aLoneTermOfWeightOneIsCopied() {
    let value: [Float] = [1, -0.0, .leastNonzeroMagnitude, 3]
    var y = [Float](repeating: .nan, count: 4)
    value.withUnsafeBufferPointer {
      forecast([($0.baseAddress!, 1)], constants: [], into: &y, axis: ChannelAxis(of: [4]))
    }
    #expect(y.map(\.bitPattern) == value.map(\.bitPattern))
  }

  private func withPointers(
    to values: ArraySlice<[Float]>, _ body: ([UnsafePointer<Float>]) -> Void,
    found: [UnsafePointer<Float>] = []
  ) {
    guard let first = values.first else { return body(found) }
    first.withUnsafeBufferPointer {
      withPointers(to: values.dropFirst(), body, found: found + [$0.baseAddress!])
    }
  }
}
