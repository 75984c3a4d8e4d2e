internal import MosaicKernels

/// In what products are computed; sums are f32 always.
public enum Precision: String, Sendable, CaseIterable {
  case f32
  /// Weights and what they are multiplied with rounded to bf16: half the memory, and with
  /// instructions for it about twice the speed.
  case bf16
  /// Weights rounded to integers of eight bits with a scale an output channel: a quarter of the
  /// memory. What they are multiplied with stays f32, and so does the speed.
  case int8

  /// Whether this processor has instructions for it; without them it is computed all the same, and
  /// slowly.
  public var isNative: Bool { self != .bf16 || KernelLevel.current == .avx512BF16 }
}
