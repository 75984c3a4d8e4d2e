internal import MosaicCore
internal import MosaicKernels

/// Second moments of what units computed at neighbouring steps: from them follows, for any earlier
/// values of a unit, how they forecast a later one best.
///
/// Forecasts are those of least squares: `v ≈ Σ w_k v_k + c` with one weight for each earlier value
/// and one constant for each channel, so that the weights see each channel's deviations from its
/// mean. The constant takes away the mean error, which is what adds up over steps, as the bias
/// correction does for pruned networks.
public struct ValueMoments: Sendable {
  /// How many steps back a value may lie to be of use.
  public static let reach = 8
  /// Added to the moments' diagonal as a share of it: values of neighbouring steps are nearly alike.
  private static let damping = 1e-6

  private struct Unit {
    /// [step][channel].
    var sums: [[Double]]
    /// [step][distance]: the sum of products with the value so many steps before.
    var products: [[Double]]
  }

  private var units: [Unit]
  /// Elements summed for each channel of each unit.
  private(set) var counts: [Double]

  init(steps: Int, channels: [Int]) {
    units = channels.map { channels in
      Unit(
        sums: Array(repeating: Array(repeating: 0, count: channels), count: steps),
        products: Array(repeating: Array(repeating: 0, count: Self.reach + 1), count: steps))
    }
    counts = channels.map { _ in 0 }
  }

  /// - Parameters:
  ///   - sums: By unit, step and channel.
  ///   - products: By unit, step and distance.
  /// - Returns: nil where the counts of these do not agree.
  init?(channels: [Int], counts: [Double], sums: [Double], products: [Double], steps: Int) {
    guard counts.count == channels.count, counts.allSatisfy({ $0 >= 0 }),
      channels.allSatisfy({ (1...1 << 24).contains($0) }),
      channels.reduce(0, { $0.addingClamped($1) }).multipliedClamped(by: steps) == sums.count,
      products.count
        == channels.count.multipliedClamped(by: steps).multipliedClamped(by: Self.reach + 1)
    else { return nil }
    self.counts = counts
    var (sums, products) = (sums[...], products[...])
    func take(_ count: Int, of list: inout ArraySlice<Double>) -> [Double] {
      defer { list = list.dropFirst(count) }
      return Array(list.prefix(count))
    }
    units = channels.map { channels in
      Unit(
        sums: (0..<steps).map { _ in take(channels, of: &sums) },
        products: (0..<steps).map { _ in take(Self.reach + 1, of: &products) })
    }
  }

  var channels: [Int] { units.map { $0.sums.first?.count ?? 0 } }
  /// By unit, step and channel.
  var flatSums: [Double] { units.flatMap { $0.sums.flatMap { $0 } } }
  /// By unit, step and distance.
  var flatProducts: [Double] { units.flatMap { $0.products.flatMap { $0 } } }

  /// Whether these are moments of such units' values.
  func fits(_ channels: [Int], steps: Int) -> Bool {
    self.channels == channels && units.allSatisfy { $0.sums.count == steps }
  }

  /// Adds what a unit computed for some samples at a step.
  ///
  /// - Parameter axis: Of all these samples' forwards together.
  mutating func add(
    unit: Int, step: Int, value: UnsafeBufferPointer<Float>, axis: ChannelAxis
  ) {
    guard let base = value.baseAddress else { return }
    addChannelSums(of: base, outer: axis.outer, inner: axis.inner, to: &units[unit].sums[step])
    units[unit].products[step][0] += dotProduct(base, base, count: value.count)
  }

  /// Adds the product of a step's value with the one of the step `other` before it.
  mutating func add(
    unit: Int, step: Int, value: UnsafeBufferPointer<Float>, before other: Int,
    _ earlier: UnsafeBufferPointer<Float>
  ) {
    guard let base = value.baseAddress, let past = earlier.baseAddress,
      earlier.count == value.count, step - other <= Self.reach
    else { return }
    units[unit].products[step][step - other] += dotProduct(base, past, count: value.count)
  }

  /// Counts samples of which every step's values were added.
  mutating func count(unit: Int, axis: ChannelAxis) {
    counts[unit] += Double(axis.outer * axis.inner)
  }

  /// The forecast of a unit's value at `step` from those computed at the steps `known`.
  ///
  /// - Parameter known: The latest first.
  /// - Returns: nil where these moments do not tell; Lagrange's weights are left then.
  func forecast(unit: Int, step: Int, from known: [Int]) -> ValueForecast? {
    let used = known.filter { step - $0 <= Self.reach }
    guard !used.isEmpty, counts[unit] > 0 else { return nil }
    var gram = Matrix(rows: used.count, columns: used.count)
    var target = Matrix(rows: used.count, columns: 1)
    for (row, a) in used.enumerated() {
      for (column, b) in used.enumerated() { gram[row, column] = centred(unit, a, b) }
      target[row, 0] = centred(unit, step, a)
    }
    for row in used.indices { gram[row, row] *= 1 + Self.damping }
    guard gram.elements.allSatisfy(\.isFinite), used.indices.allSatisfy({ gram[$0, $0] > 0 }),
      let factor = try? CholeskyFactor(gram)
    else { return nil }
    let weights = factor.solve(target).elements
    guard weights.allSatisfy(\.isFinite) else { return nil }
    let offset = units[unit].sums[step].indices.map { channel in
      var sum = units[unit].sums[step][channel]
      for (weight, other) in zip(weights, used) {
        sum -= weight * units[unit].sums[other][channel]
      }
      return Float(sum / counts[unit])
    }
    return ValueForecast(
      weights: weights.map { Float($0) } + known.dropFirst(used.count).map { _ in 0 },
      offset: offset)
  }

  /// The squared change of a unit's value since an earlier step, and the earlier one's square.
  ///
  /// - Precondition: The earlier step lies within `reach`.
  public func change(unit: Int, step: Int, from last: Int) -> (difference: Double, scale: Double) {
    let products = units[unit].products
    let scale = products[last][0]
    return (max(0, products[step][0] - 2 * products[step][step - last] + scale), scale)
  }

  /// The sum of products of deviations from the channels' means.
  private func centred(_ unit: Int, _ a: Int, _ b: Int) -> Double {
    let (late, early) = (max(a, b), min(a, b))
    var product = units[unit].products[late][late - early]
    let sums = units[unit].sums
    for channel in sums[late].indices {
      product -= sums[late][channel] * sums[early][channel] / counts[unit]
    }
    return product
  }
}
