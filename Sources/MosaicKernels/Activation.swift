internal import CMosaicSIMD

/// An elementwise function, alone or behind a product.
public enum Activation: Sendable, CaseIterable {
  case none
  /// x / (1 + exp(-x))
  case silu
  /// x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
  case geluTanh
  /// x (1 + erf(x / √2)) / 2
  case geluErf
}

/// `y = activation(x)` over `count` elements; `y` may be `x`, and otherwise must not overlap it.
///
/// The relative error is a few units in the last place where x ≥ 0, and that times the magnitude of
/// the exponential's argument where x < 0. NaN stays NaN; -∞ gives NaN, as its limit form -∞ · 0.
public func activate(
  _ activation: Activation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
  count: Int
) {
  switch activation {
  case .none: if UnsafePointer(y) != x { y.update(from: x, count: count) }
  case .silu: mosaic_silu(x, y, count)
  case .geluTanh: mosaic_gelu_tanh(x, y, count)
  case .geluErf: mosaic_gelu_erf(x, y, count)
  }
}
