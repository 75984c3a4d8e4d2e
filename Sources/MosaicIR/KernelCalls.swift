internal import MosaicKernels

/// Returns `count` floats that `fill` writes all of.
func floats(
  _ count: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void
) -> [Float] {
  [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
    if let base = buffer.baseAddress, count > 0 { fill(base) }
    initialized = count
  }
}

/// Calls `body` with scratch memory of `count` floats.
func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: max(count, 1)) { buffer in
    if let base = buffer.baseAddress { body(base) }
  }
}
