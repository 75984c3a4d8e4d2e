import Foundation
import MosaicTestSupport
import Testing

@testable import MosaicKernels

@Suite struct LinearTests {
  /// Rows on both sides of every path's edge.
  static let rows = [1, 2, 3, 4, 5, 7, 16, 17, 47, 48, 49, 65]
  static let sizes = [(1, 1), (5, 3), (4, 16), (17, 64), (129, 33), (66, 100)]

  private func check(
    m: Int, n: Int, k: Int, xGap: Int = 0, yGap: Int = 0, hasBias: Bool = true,
    activation: Activation = .none,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var random = SplitMix64(seed: 6)
    let (xStride, yStride) = (k + xGap, n + yGap)
    let x = random.floats(m * xStride)
    let w = random.floats(n * k)
    let b = random.floats(n)
    var y = [Float](repeating: .nan, count: m * yStride)
    b.withUnsafeBufferPointer { bias in
      let bias = hasBias ? bias.baseAddress : nil
      linear(
        x, xStride: xStride, weight: w, bias: bias, activation: activation, into: &y,
        yStride: yStride, m: m, n: n, k: k)
    }
    for row in 0..<m {
      var expected: [Double] = []
      var bounds: [Double] = []
      for column in 0..<n {
        var sum = hasBias ? Double(b[column]) : 0
        var magnitude = abs(sum)
        for i in 0..<k {
          let term = Double(x[row * xStride + i]) * Double(w[column * k + i])
          sum += term
          magnitude += abs(term)
        }
        // An f32 sum of k + 1 terms errs by at most (k + 1) halves of an ulp of Σ|term|; no
        // activation is steeper than 1.2, and each adds a few roundings of its own.
        bounds.append(1.2 * Double(k + 1) * halfUlp * magnitude + 1e-6 * abs(sum))
        expected.append(activation == .silu ? sum / (1 + exp(-sum)) : sum)
      }
      expectClose(
        Array(y[row * yStride..<row * yStride + n]), expected, within: { bounds[$0] },
        sourceLocation: sourceLocation)
      #expect(
        y[(row * yStride + n)..<(row + 1) * yStride].allSatisfy { $0.isNaN },
        sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: rows, sizes)
  func matchesFloat64(m: Int, size: (n: Int, k: Int)) {
    check(m: m, n: size.n, k: size.k)
    check(m: m, n: size.n, k: size.k, hasBias: false)
  }

  @Test(arguments: rows)
  func honoursStridesAndActivations(m: Int) {
    check(m: m, n: 21, k: 35, xGap: 5, yGap: 3)
    check(m: m, n: 21, k: 35, xGap: 5, yGap: 3, activation: .silu)
    check(m: m, n: 21, k: 35, activation: .silu)
    check(m: m, n: 21, k: 35, yGap: 1, hasBias: false, activation: .silu)
  }

  @Test(arguments: [1, 100])
  func emptySums(m: Int) {
    var y = [Float](repeating: .nan, count: 2 * m)
    linear([], xStride: 1, weight: [], bias: [3, 4], into: &y, yStride: 2, m: m, n: 2, k: 0)
    #expect(y == (0..<m).flatMap { _ in [3, 4] as [Float] })
  }
}

@Suite struct BLASTests {
  @Test func namesItsCore() {
    #expect(!BLAS.coreName.isEmpty)
    #expect(BLAS.config.contains("OpenBLAS"))
  }

  @Test func setsThreads() {
    let before = BLAS.threads
    BLAS.setThreads(1)
    #expect(BLAS.threads == 1)
    BLAS.setThreads(before)
  }

  @Test func warnsOfASlowCore() {
    #expect(BLAS.coreWarning(core: "SkylakeX", processorLevel: 4, forced: nil) == nil)
    #expect(BLAS.coreWarning(core: "Haswell", processorLevel: 3, forced: "Haswell") == nil)
    #expect(BLAS.coreWarning(core: "Zen", processorLevel: 3, forced: nil) == nil)
    #expect(BLAS.coreWarning(core: "neoversen1", processorLevel: 0, forced: "x") == nil)
    #expect(BLAS.coreWarning(core: "FutureLake", processorLevel: 4, forced: nil) == nil)
    #expect(
      BLAS.coreWarning(core: "Haswell", processorLevel: 4, forced: "Haswell")
        == "OpenBLAS runs its Haswell kernels, and this processor has AVX-512; "
        + "unset OPENBLAS_CORETYPE (now 'Haswell')")
    #expect(
      BLAS.coreWarning(core: "Prescott", processorLevel: 3, forced: nil)
        == "OpenBLAS runs its Prescott kernels, and this processor has AVX2; "
        + "set OPENBLAS_CORETYPE=Haswell or install a newer OpenBLAS")
  }
}
