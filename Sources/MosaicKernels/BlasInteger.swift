/// Returns `count` as OpenBLAS' 32-bit index.
///
/// A count that does not fit is our own bug, since tensors are sized before any kernel runs; it
/// stops here even in this unchecked module instead of reaching memory through a wrapped index.
@inline(__always)
func blasInteger(_ count: Int) -> Int32 {
  guard let index = Int32(exactly: count) else {
    fatalError("a matrix dimension of \(count) exceeds 32-bit BLAS")
  }
  return index
}
