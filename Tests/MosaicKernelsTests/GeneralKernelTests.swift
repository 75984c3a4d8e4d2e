import Foundation
import MosaicCore
import MosaicKernels
import MosaicTestSupport
import Testing

/// Kernels for what transformers are not made of, against loops in f64.
@Suite struct GeneralKernelTests {
  /// Coordinates of each element of `shape`, row-major.
  private func coordinates(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { all, extent in all.flatMap { at in (0..<extent).map { at + [$0] } } }
  }

  private func element(_ values: [Float], _ shape: [Int], at place: [Int]) -> Double {
    let position = zip(shape, place).reduce(0) { $0 * $1.0 + ($1.0 == 1 ? 0 : $1.1) }
    return Double(values[position])
  }

  @Test(arguments: [
    ([3, 5], [3, 5]), ([3, 5], [1, 5]), ([3, 5], [3, 1]), ([1, 5], [3, 1]), ([1], [1]),
    ([2, 3, 1, 5], [1, 3, 4, 1]), ([4, 1, 1], [4, 3, 2]), ([2, 1, 3], [2, 4, 3]),
    ([1, 1], [3, 5]), ([2, 3, 4, 5], [2, 3, 4, 5]),
  ])
  func broadcasts(a: [Int], b: [Int]) {
    var random = SplitMix64(seed: 11)
    let (x, y) = (random.floats(a.reduce(1, *)), random.floats(b.reduce(1, *)))
    let shape = zip(a, b).map(max)
    let plan = BroadcastPlan([a, b])
    for function in BinaryFunction.allCases {
      var found = [Float](repeating: .nan, count: shape.reduce(1, *) + 1)
      plan.apply(function, x, y, into: &found)
      let expected = coordinates(shape).map { place -> Double in
        reference(function, element(x, a, at: place), element(y, b, at: place))
      }
      #expect(found.last?.isNaN == true)
      for (value, wanted) in zip(found, expected) {
        // f32 operands of an f64 function, rounded once.
        let isClose =
          wanted.isNaN
          ? value.isNaN : abs(Double(value) - wanted) <= 2 * 0x1p-24 * abs(wanted)
        #expect(isClose, "\(function): \(value), expected \(wanted)")
      }
    }
  }

  private func reference(_ function: BinaryFunction, _ a: Double, _ b: Double) -> Double {
    func truth(_ value: Bool) -> Double { value ? 1 : 0 }
    return switch function {
    case .add: a + b
    case .divide: a / b
    case .maximum: max(a, b)
    case .minimum: min(a, b)
    case .multiply: a * b
    case .power: pow(a, b)
    case .subtract: a - b
    case .modulo: a - floor(a / b) * b
    case .remainder: fmod(a, b)
    case .equal: truth(a == b)
    case .greater: truth(a > b)
    case .greaterOrEqual: truth(a >= b)
    case .less: truth(a < b)
    case .lessOrEqual: truth(a <= b)
    case .and: truth(a != 0 && b != 0)
    case .or: truth(a != 0 || b != 0)
    case .xor: truth((a != 0) != (b != 0))
    }
  }

  @Test func chooses() {
    let plan = BroadcastPlan([[1, 3], [2, 1], [2, 3]])
    var y = [Float](repeating: .nan, count: 6)
    plan.choose([1, 0, -2], [10, 20], [1, 2, 3, 4, 5, 6], into: &y)
    #expect(y == [10, 2, 10, 20, 5, 20])
  }

  @Test func unaryFunctions() {
    let x: [Float] = [-2.5, -1, -0.5, 0, 0.25, 0.5, 1, 1.5, 3]
    func expected(_ function: UnaryFunction, _ x: Double) -> Double {
      switch function {
      case .absolute: abs(x)
      case .ceiling: ceil(x)
      case .cosine: cos(x)
      case .erf: erf(x)
      case .exponential: exp(x)
      case .floor: floor(x)
      case .logarithm: log(x)
      case .negate: -x
      case .not: x == 0 ? 1 : 0
      case .reciprocal: 1 / x
      case .rectify: max(x, 0)
      case .round: rint(x)
      case .sigmoid: 1 / (1 + exp(-x))
      case .sign: x == 0 ? 0 : x / abs(x)
      case .sine: sin(x)
      case .softplus: log(1 + exp(x))
      case .squareRoot: sqrt(x)
      case .tangent: tan(x)
      case .tanh: tanh(x)
      }
    }
    for function in UnaryFunction.allCases {
      var y = [Float](repeating: .nan, count: x.count)
      apply(function, x, into: &y, count: x.count)
      for (index, value) in x.enumerated() {
        let wanted = expected(function, Double(value))
        let isAlike =
          wanted.isNaN
          ? y[index].isNaN
          : Double(y[index]) == wanted || abs(Double(y[index]) - wanted) <= 0x1p-23 * abs(wanted)
        #expect(isAlike, "\(function)(\(value)) is \(y[index]), expected \(wanted)")
      }
    }
  }

  /// Far from zero too, where sums of squares lose their digits.
  @Test(arguments: [(1, 3, 5), (2, 4, 9), (8, 16, 64), (4, 4, 1)], [Float(0), 100])
  func groupNorms(size: (groups: Int, channels: Int, pixels: Int), offset: Float) {
    var random = SplitMix64(seed: 12)
    let count = size.channels * size.pixels
    let x = random.floats(count).map { $0 + offset }
    let (weight, bias) = (random.floats(size.channels), random.floats(size.channels))
    var y = [Float](repeating: .nan, count: count)
    weight.withUnsafeBufferPointer { weight in
      bias.withUnsafeBufferPointer { bias in
        guard let weight = weight.baseAddress, let bias = bias.baseAddress else { return }
        groupNorm(
          x, into: &y, groups: size.groups, channels: size.channels, pixels: size.pixels,
          epsilon: 1e-5, affine: (weight, bias))
      }
    }
    let perGroup = count / size.groups
    let expected = (0..<count).map { index -> Double in
      let group = x[index / perGroup * perGroup..<(index / perGroup + 1) * perGroup].map(
        Double.init)
      let mean = group.reduce(0, +) / Double(perGroup)
      let variance = group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(perGroup)
      let channel = index / size.pixels
      return (Double(x[index]) - mean) / (variance + 1e-5).squareRoot() * Double(weight[channel])
        + Double(bias[channel])
    }
    // The mean is rounded to f32 once: half a unit of the offset, over a deviation of at least
    // √epsilon where a group is one element.
    let deviation = perGroup == 1 ? 3e-3 : 0.2
    let bound = 8 * halfUlp + Double(offset + 1) * halfUlp / deviation
    expectClose(y, expected) { _ in 4 * bound }
  }

  @Test func groupNormActivates() {
    let x: [Float] = [1, 2, 3, 4]
    var (plain, active) = ([Float](repeating: 0, count: 4), [Float](repeating: 0, count: 4))
    groupNorm(x, into: &plain, groups: 1, channels: 2, pixels: 2, epsilon: 0)
    groupNorm(
      x, into: &active, groups: 1, channels: 2, pixels: 2, epsilon: 0, activation: .silu)
    expectClose(active, plain.map { Double($0) / (1 + exp(-Double($0))) }) { _ in 1e-6 }
  }

  /// Groups may be divided among threads.
  @Test func normGroupsAreIndependent() {
    var random = SplitMix64(seed: 14)
    let x = random.floats(6 * 10)
    func normalised(_ parts: [Range<Int>]) -> [Float] {
      var y = [Float](repeating: .nan, count: x.count)
      for groups in parts {
        groupNorm(
          x, into: &y, groups: 3, channels: 6, pixels: 10, epsilon: 1e-5, activation: .silu,
          only: groups)
      }
      return y
    }
    #expect(normalised([0..<1, 1..<3]) == normalised([0..<3]))
  }

  @Test(arguments: [(1, 1), (3, 7), (2, 64)])
  func rmsNorms(rows: Int, width: Int) {
    var random = SplitMix64(seed: 13)
    let (x, weight) = (random.floats(rows * width), random.floats(width))
    var y = [Float](repeating: .nan, count: rows * width)
    rmsNorm(x, weight: weight, into: &y, rows: rows, width: width, epsilon: 1e-6)
    let expected = x.indices.map { index -> Double in
      let row = x[index / width * width..<(index / width + 1) * width].map(Double.init)
      let squares = row.reduce(0) { $0 + $1 * $1 } / Double(width)
      return Double(x[index]) / (squares + 1e-6).squareRoot() * Double(weight[index % width])
    }
    expectClose(y, expected) { 4 * halfUlp * abs(expected[$0]) }
  }

  @Test func modulates() {
    var y = [Float](repeating: .nan, count: 4)
    modulate([1, 2, 3, 4], scale: [0.5, -1], shift: [10, 20], into: &y, rows: 2, width: 2)
    #expect(y == [11.5, 20, 14.5, 20])
  }

  @Test func picksAndPlaces() {
    // [2, 3, 2]
    let x: [Float] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    var y = [Float](repeating: .nan, count: 16)
    pick(x, outer: 2, extent: 3, inner: 2, indices: [2, -1, 0, 2], into: &y)
    #expect(y == [4, 5, 0, 0, 0, 1, 4, 5, 10, 11, 0, 0, 6, 7, 10, 11])
    var joined = [Float](repeating: .nan, count: 10)
    placeColumns([0, 1, 2, 3, 4, 5], outer: 2, width: 3, into: &joined, column: 0, stride: 5)
    placeColumns([6, 7, 8, 9], outer: 2, width: 2, into: &joined, column: 3, stride: 5)
    #expect(joined == [0, 1, 2, 6, 7, 3, 4, 5, 8, 9])
  }

  @Test(arguments: Reduction.allCases) func reduces(reduction: Reduction) {
    var random = SplitMix64(seed: 14)
    let (outer, extent, inner) = (2, 5, 3)
    let x = random.floats(outer * extent * inner)
    var y = [Float](repeating: .nan, count: outer * inner)
    reduce(reduction, x, outer: outer, extent: extent, inner: inner, into: &y)
    let expected = (0..<outer * inner).map { index -> Double in
      let line = (0..<extent).map {
        Double(x[(index / inner * extent + $0) * inner + index % inner])
      }
      return switch reduction {
      case .maximum: line.max() ?? 0
      case .mean: line.reduce(0, +) / Double(extent)
      case .minimum: line.min() ?? 0
      case .product: line.reduce(1, *)
      case .sum: line.reduce(0, +)
      case .sumOfSquares: line.reduce(0) { $0 + $1 * $1 }
      }
    }
    expectClose(y, expected) { 2 * halfUlp * abs(expected[$0]) }
  }
}
