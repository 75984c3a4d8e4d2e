import Foundation
import MosaicTestSupport

@testable import MosaicAllocation

/// A DDIM trajectory for eps-prediction on the linear schedule (1e-4 to 0.02, 1000 steps), in
/// plain loops: the step x' = A x + B f, and the network's response j of Gaussian data.
struct LinearTrajectory {
  var a: [Double] = []
  var b: [Double] = []
  var response: [Double] = []
  /// Half the negative log-SNR.
  var positions: [Double] = []
  var timesteps: [Int] = []

  init(steps: Int, variance: Double = 1) {
    var alphas: [Double] = []
    var product = 1.0
    for t in 0..<1000 {
      product *= 1 - (1e-4 + (0.02 - 1e-4) * Double(t) / 999)
      alphas.append(product)
    }
    for n in 0..<steps {
      let t = 999 - n * (1000 / steps)
      let next = t - 1000 / steps
      let alpha = alphas[t]
      let clean = next >= 0 ? alphas[next] : 1
      timesteps.append(t)
      a.append((clean / alpha).squareRoot())
      b.append((1 - clean).squareRoot() - (clean * (1 - alpha) / alpha).squareRoot())
      response.append((1 - alpha).squareRoot() / (alpha * variance + 1 - alpha))
      positions.append(0.5 * log((1 - alpha) / alpha))
    }
  }

  var count: Int { a.count }

  /// The influence of a unit output error at each step on the final sample, signed.
  var influences: [Double] {
    var after = 1.0
    var result = [Double](repeating: 0, count: count)
    for n in (0..<count).reversed() {
      result[n] = b[n] * after
      after *= a[n] + b[n] * response[n]
    }
    return result
  }

  /// Curves whose output error bumps at t = 350, with the influence in the gain.
  func curves(rate: Double = 4) -> [ErrorCurve] {
    zip(influences, timesteps).map { influence, t in
      let distance = (Double(t) - 350) / 150
      // Flat eps-errors explode where the signal vanishes: smaller by sqrt(alpha) there.
      let signal = exp(-positions[timesteps.firstIndex(of: t) ?? 0])
      let error = (0.01 + 0.05 * exp(-distance * distance)) * signal / (1 + signal)
      return ErrorCurve(scale: abs(influence) * error, rate: rate)
    }
  }
}

/// Curves with random scales and rates, and a random correlation matrix that is a Gram matrix of
/// unit vectors: positive semi-definite, some entries negative.
func randomModel(steps: Int, seed: UInt64) throws -> ErrorModel {
  var random = SplitMix64(seed: seed)
  let curves = (0..<steps).map { _ in
    ErrorCurve(
      scale: exp(Double.random(in: -6 ... -3, using: &random)),
      rate: Double.random(in: 2...6, using: &random))
  }
  let dimension = 6
  let vectors = (0..<steps).map { _ in
    let v = (0..<dimension).map { _ in Double.random(in: -0.5...1, using: &random) }
    let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return v.map { $0 / norm }
  }
  let correlation = vectors.flatMap { a in
    vectors.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  }
  // Entries of the diagonal are 1 to rounding, and no entry leaves ±1 by more.
  return try ErrorModel(curves: curves, correlation: correlation)
}

/// A tenth of each forward is fixed; steps alike.
func evenCost(steps: Int, free: [Int] = []) throws -> CostModel {
  try CostModel(
    fixed: (0..<steps).map { free.contains($0) ? 0 : 1 },
    prunable: (0..<steps).map { free.contains($0) ? 0 : 9 })
}

func relative(_ a: Double, _ b: Double) -> Double {
  abs(a - b) / max(abs(b), .leastNormalMagnitude)
}
