import Foundation
import MosaicTestSupport
import Testing

@testable import MosaicKernels

@Suite struct AttentionTests {
  private func check(
    _ shape: AttentionShape, gap: Int = 0, spread: Float = 1,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var random = SplitMix64(seed: 7)
    let width = shape.heads * shape.size
    let stride = width + gap
    let q = random.floats(shape.queries * stride).map { $0 * spread }
    let k = random.floats(shape.keys * (stride + 1))
    let v = random.floats(shape.keys * (stride + 2))
    var y = [Float](repeating: .nan, count: shape.queries * (stride + 3))
    var scratch = [Float](repeating: .nan, count: shape.scratchCount + 1)
    attention(
      q: q, qStride: stride, k: k, kStride: stride + 1, v: v, vStride: stride + 2, into: &y,
      yStride: stride + 3, shape: shape, scratch: &scratch)
    #expect(scratch[shape.scratchCount].isNaN, sourceLocation: sourceLocation)

    let isRounded = shape.isInBF16 && KernelLevel.current == .avx512BF16
    func operand(_ value: Float) -> Double { Double(isRounded ? bfloat16(value) : value) }
    for query in 0..<shape.queries {
      var expected = [Double](repeating: 0, count: width)
      for head in 0..<shape.heads {
        let columns = head * shape.size..<(head + 1) * shape.size
        let scores = (0..<shape.keys).map { key in
          columns.reduce(0.0) {
            $0 + operand(q[query * stride + $1]) * operand(k[key * (stride + 1) + $1])
          } * Double(shape.scale)
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let sum = weights.reduce(0, +)
        for column in columns {
          for key in 0..<shape.keys {
            expected[column] += weights[key] / sum * operand(v[key * (stride + 2) + column])
          }
        }
      }
      // A score errs by size roundings of its magnitude, twice which enters each weight; the
      // averages of |v| < 1 add those of their own sums.
      let score = Double(shape.size) * Double(spread) * Double(abs(shape.scale))
      var bound = (2 * Double(shape.size + 2) * score + Double(2 * shape.keys) + 16) * halfUlp
      // Each weight is rounded to 8 bits.
      if isRounded { bound += 0x1p-9 }
      let row = query * (stride + 3)
      expectClose(
        Array(y[row..<row + width]), expected, within: { _ in bound },
        sourceLocation: sourceLocation)
      #expect(
        y[(row + width)..<(row + stride + 3)].allSatisfy { $0.isNaN },
        sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [1, 3, 4, 5, 16, 18], [1, 15, 16, 17, 64, 77])
  func smallHeadsMatchFloat64(queries: Int, keys: Int) {
    for size in [8, 16, 24, 32, 33] {
      let shape = AttentionShape(heads: 2, size: size, queries: queries, keys: keys, scale: 0.18)
      check(shape, gap: 5)
    }
  }

  @Test(arguments: [(1, 300), (65, 257), (256, 128)])
  func largeHeadsMatchFloat64(queries: Int, keys: Int) {
    let shape = AttentionShape(heads: 2, size: 72, queries: queries, keys: keys, scale: 0.118)
    check(shape, gap: 5)
  }

  @Test func manyKeysGoInBlocksOfQueries() {
    let shape = AttentionShape(heads: 1, size: 4, queries: 70, keys: 5000, scale: 0.5)
    check(shape)
    // A block's scores beside the keys and values, not those of all queries.
    #expect(shape.scratchCount < 70 * 5000 + 5000 * 8)
  }

  @Test(arguments: KernelLevel.available)
  func everyVersionMatchesFloat64(level: KernelLevel) {
    KernelLevel.with(level) {
      check(AttentionShape(heads: 2, size: 72, queries: 37, keys: 101, scale: 0.118), gap: 1)
      check(AttentionShape(heads: 1, size: 64, queries: 9, keys: 64, scale: 0.125))
    }
  }

  @Test(arguments: KernelLevel.available)
  func inBF16EveryVersionMatchesFloat64OfRoundedOperands(level: KernelLevel) {
    KernelLevel.with(level) {
      for (size, queries, keys) in [
        (72, 37, 101), (64, 9, 64), (8, 1, 1), (33, 17, 15), (16, 16, 200),
      ] {
        check(
          AttentionShape(
            heads: 2, size: size, queries: queries, keys: keys, scale: 0.118, isInBF16: true),
          gap: 1)
      }
    }
  }

  /// Heads may be divided among threads.
  @Test func headsAreIndependent() {
    let shape = AttentionShape(heads: 3, size: 16, queries: 10, keys: 12, scale: 0.25)
    var random = SplitMix64(seed: 8)
    let (q, k, v) = (random.floats(480), random.floats(576), random.floats(576))
    func attend(_ parts: [Range<Int>]) -> [Float] {
      var y = [Float](repeating: .nan, count: 480)
      var scratch = [Float](repeating: .nan, count: shape.scratchCount)
      for heads in parts {
        attention(
          q: q, qStride: 48, k: k, kStride: 48, v: v, vStride: 48, into: &y, yStride: 48,
          shape: shape, heads: heads, scratch: &scratch)
      }
      return y
    }
    #expect(attend([0..<1, 1..<3]) == attend([0..<3]))
  }

  @Test func peakedScoresAreSafe() {
    check(AttentionShape(heads: 1, size: 16, queries: 5, keys: 20, scale: 1), spread: 30)
    check(AttentionShape(heads: 1, size: 64, queries: 5, keys: 200, scale: 1), spread: 30)
  }

  @Test(arguments: [8, 400])
  func hugeScoresPickTheLargest(keys: Int) {
    let shape = AttentionShape(heads: 1, size: 32, queries: 2, keys: keys, scale: 1)
    let q = [Float](repeating: 80, count: 2 * 32)
    var k = [Float](repeating: -80, count: keys * 32)
    for i in 0..<32 { k[3 * 32 + i] = 80 }
    let v = (0..<keys * 32).map { Float($0 / 32) }
    var y = [Float](repeating: .nan, count: 2 * 32)
    var scratch = [Float](repeating: .nan, count: shape.scratchCount)
    attention(
      q: q, qStride: 32, k: k, kStride: 32, v: v, vStride: 32, into: &y, yStride: 32,
      shape: shape, scratch: &scratch)
    #expect(y.allSatisfy { $0 == 3 })
  }

  /// Masks of one head or all, of one query or all; the third query hears nothing.
  @Test(arguments: [(1, 1), (1, 37), (3, 1), (3, 37)], [false, true])
  func masksMatchFloat64(mask size: (heads: Int, queries: Int), isInBF16: Bool) {
    let (heads, queries) = size
    let shape = AttentionShape(
      heads: 3, size: 8, queries: 37, keys: 21, scale: 0.3, isInBF16: isInBF16)
    var random = SplitMix64(seed: 9)
    let (q, k, v) = (random.floats(37 * 24), random.floats(21 * 24), random.floats(21 * 24))
    var mask = random.floats(heads * queries * 21)
    for index in mask.indices where index % 5 == 0 { mask[index] = -.infinity }
    if queries > 1 {
      for head in 0..<heads {
        for key in 0..<21 { mask[(head * queries + 2) * 21 + key] = -.infinity }
      }
    }
    for level in KernelLevel.available {
      var y = [Float](repeating: .nan, count: 37 * 24)
      KernelLevel.with(level) {
        var scratch = [Float](repeating: .nan, count: shape.scratchCount)
        mask.withUnsafeBufferPointer { mask in
          guard let base = mask.baseAddress else { return }
          attention(
            q: q, qStride: 24, k: k, kStride: 24, v: v, vStride: 24, into: &y, yStride: 24,
            shape: shape,
            mask: AttentionMask(base, heads: heads, queries: queries, keys: 21),
            scratch: &scratch)
        }
      }
      let isRounded = isInBF16 && level == .avx512BF16
      func operand(_ value: Float) -> Double { Double(isRounded ? bfloat16(value) : value) }
      for (position, found) in y.enumerated() {
        let (query, column) = (position / 24, position % 24)
        let head = column / 8
        let scores = (0..<21).map { key -> Double in
          let row = min(head, heads - 1) * queries + min(query, queries - 1)
          let product = (head * 8..<head * 8 + 8).reduce(0.0) {
            $0 + operand(q[query * 24 + $1]) * operand(k[key * 24 + $1])
          }
          return product * Double(shape.scale) + Double(mask[row * 21 + key])
        }
        let top = scores.max() ?? 0
        let weights = scores.map { top == -.infinity ? 0 : exp($0 - top) }
        let sum = weights.reduce(0, +)
        let mean = (0..<21).reduce(0.0) { $0 + weights[$1] * operand(v[$1 * 24 + column]) }
        // Scores and weights are below 8 and err by some roundings each; in bf16 each weight is
        // rounded to 8 bits.
        let bound = 64 * halfUlp + (isRounded ? 0x1p-9 : 0)
        #expect(abs(Double(found) - (sum == 0 ? 0 : mean / sum)) <= bound)
      }
    }
  }
}
