internal import MosaicKernels

/// In what products are computed; sums are f32 always.
public enum Precision: String, Sendable, CaseIterable {
  case f32
  /// Weights and what they are multiplied with rounded to bf16: half the memory, and with
  /// instructions for it about twice the speed.
  case bf16

  /// Whether this processor has instructions for it; without them it is computed all the same, and
  /// slowly.
  public var isNative: Bool { self == .f32 || KernelLevel.current == .avx512BF16 }
}
