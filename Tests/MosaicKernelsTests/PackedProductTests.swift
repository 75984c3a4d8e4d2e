import Foundation
import MosaicTestSupport
import Testing

@testable import MosaicKernels

extension KernelLevel {
  /// Those that this processor runs.
  static let available = allCases.filter { $0.rawValue <= highest.rawValue }
}

@Suite struct PackedProductTests {
  /// Rows and columns on both sides of every tile's and panel's edge.
  static let rows = [1, 2, 3, 5, 6, 7, 8, 9, 13, 15, 16, 33]
  static let sizes = [(1, 1), (15, 3), (16, 5), (17, 64), (47, 2), (48, 7), (49, 7), (112, 33)]

  private struct Product {
    var x: [Float]
    var w: [Float]
    var b: [Float]
    var (m, n, k): (Int, Int, Int)

    init(m: Int, n: Int, k: Int) {
      var random = SplitMix64(seed: 9)
      x = random.floats(m * k)
      w = random.floats(n * k)
      b = random.floats(n)
      (self.m, self.n, self.k) = (m, n, k)
    }

    /// The product by parts of the weight's rows, with `gap` elements between rows on both sides.
    func run(
      parts: [Range<Int>], gap: Int = 0, hasBias: Bool = true, activation: Activation = .none
    ) -> [Float] {
      // One buffer for all parts, so that their addresses hold.
      let counts = parts.map { PackedRows.elementCount(rows: $0.count, inner: k) }
      var packed = [Float](repeating: .nan, count: counts.reduce(1, +))
      var spread = [Float](repeating: .nan, count: m * (k + gap))
      for row in 0..<m {
        spread.replaceSubrange(
          row * (k + gap)..<row * (k + gap) + k, with: x[row * k..<(row + 1) * k])
      }
      var y = [Float](repeating: .nan, count: m * (n + gap))
      packed.withUnsafeMutableBufferPointer { packed in
        guard var next = packed.baseAddress else { return }
        var rows: [PackedRows] = []
        for (part, count) in zip(parts, counts) {
          w.withUnsafeBufferPointer { w in
            guard let base = w.baseAddress else { return }
            PackedRows.pack(base + part.lowerBound * k, into: next, rows: part.count, inner: k)
          }
          rows.append(PackedRows(elements: next, count: part.count))
          next += count
        }
        b.withUnsafeBufferPointer { bias in
          linear(
            spread, xStride: k + gap, weight: rows, bias: hasBias ? bias.baseAddress : nil,
            activation: activation, into: &y, yStride: n + gap, m: m, k: k)
        }
      }
      return y
    }

    /// f64 sums, and how far an f32 sum of as many terms may lie from them.
    func expected(hasBias: Bool = true, activation: Activation = .none) -> [(Double, Double)] {
      (0..<m * n).map { place in
        let (row, column) = place.quotientAndRemainder(dividingBy: n)
        var sum = hasBias ? Double(b[column]) : 0
        var magnitude = abs(sum)
        for i in 0..<k {
          let term = Double(x[row * k + i]) * Double(w[column * k + i])
          sum += term
          magnitude += abs(term)
        }
        let value =
          switch activation {
          case .none: sum
          case .silu: sum / (1 + exp(-sum))
          case .geluErf: sum / 2 * erfc(-sum / 2.0.squareRoot())
          case .geluTanh:
            sum / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (sum + 0.044715 * sum * sum * sum)))
          }
        // No activation is steeper than 1.2, and each adds a few roundings of its own.
        return (value, 1.2 * Double(k + 1) * halfUlp * magnitude + 1e-6 * abs(sum))
      }
    }
  }

  @Test(arguments: KernelLevel.available, rows)
  func everyVersionMatchesFloat64(level: KernelLevel, m: Int) {
    KernelLevel.with(level) {
      for (n, k) in Self.sizes {
        let product = Product(m: m, n: n, k: k)
        for hasBias in [true, false] {
          let expected = product.expected(hasBias: hasBias)
          expectClose(
            product.run(parts: [0..<n], hasBias: hasBias), expected.map(\.0),
            within: { expected[$0].1 })
        }
      }
    }
  }

  @Test(arguments: KernelLevel.available, Activation.allCases)
  func activationsRunBehindIt(level: KernelLevel, activation: Activation) {
    KernelLevel.with(level) {
      let product = Product(m: 9, n: 70, k: 20)
      let expected = product.expected(activation: activation)
      expectClose(
        product.run(parts: [0..<70], activation: activation), expected.map(\.0),
        within: { expected[$0].1 })
    }
  }

  /// An element's sum has one order, so nothing else may show in its bits.
  @Test(arguments: KernelLevel.available)
  func partsAndRowsDoNotShow(level: KernelLevel) {
    KernelLevel.with(level) {
      let product = Product(m: 21, n: 150, k: 40)
      let whole = product.run(parts: [0..<150])
      #expect(product.run(parts: [0..<7, 7..<7, 7..<100, 100..<150]) == whole)
      var first = product
      first.m = 2
      first.x = Array(product.x[..<80])
      #expect(first.run(parts: [0..<150]) == Array(whole[..<300]))
    }
  }

  @Test func leavesAloneWhatLiesBetweenRows() {
    let product = Product(m: 11, n: 50, k: 9)
    let dense = product.run(parts: [0..<50])
    let gapped = product.run(parts: [0..<50], gap: 5)
    for row in 0..<11 {
      #expect(Array(gapped[row * 55..<row * 55 + 50]) == Array(dense[row * 50..<(row + 1) * 50]))
      #expect(gapped[row * 55 + 50..<(row + 1) * 55].allSatisfy { $0.isNaN })
    }
  }

  @Test func emptySumsAreTheBias() {
    let product = Product(m: 3, n: 5, k: 0)
    #expect(product.run(parts: [0..<5]) == product.b + product.b + product.b)
  }

  @Test(arguments: [(1, 1), (47, 3), (48, 4), (130, 17)])
  func rowsComeBack(n: Int, k: Int) {
    var random = SplitMix64(seed: 10)
    let w = random.floats(n * k)
    var packed = [Float](repeating: .nan, count: PackedRows.elementCount(rows: n, inner: k))
    PackedRows.pack(w, into: &packed, rows: n, inner: k)
    var found = [Float](repeating: .nan, count: n * k)
    packed.withUnsafeBufferPointer { packed in
      guard let base = packed.baseAddress else { return }
      PackedRows(elements: base, count: n).unpack(into: &found, inner: k)
    }
    #expect(found == w)
  }
}

@Suite struct KernelLevelTests {
  @Test func namesAreThoseOfTheVariable() {
    #expect(KernelLevel.allCases.map(\.name) == ["plain", "avx2", "avx512", "avx512bf16"])
    #expect(KernelLevel.available.contains(KernelLevel.current))
  }

  @Test func isTakenForOneThreadInTests() {
    KernelLevel.with(.plain) { #expect(KernelLevel.current == .plain) }
  }
}
