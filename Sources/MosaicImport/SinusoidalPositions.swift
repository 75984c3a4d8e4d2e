#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Two-dimensional sine and cosine positions of a `side` x `side` grid: [side², width], row-major.
///
/// The first half of a row encodes the column, the second half the row, each as sines then cosines
/// of `position / 10000^(2 i / (width / 2))`. Computed in f64 and rounded once.
///
/// Source: the frozen embedding of the DiT and MAE papers (arXiv:2111.06377, appendix A).
func sinusoidalPositions(side: Int, width: Int) -> [Float] {
  let quarter = width / 4
  let rates = (0..<quarter).map { pow(10_000, -Double($0) / Double(quarter)) }
  func encode(_ position: Int) -> [Float] {
    rates.map { Float(sin(Double(position) * $0)) }
      + rates.map { Float(cos(Double(position) * $0)) }
  }
  return (0..<side).flatMap { row in
    (0..<side).flatMap { column in encode(column) + encode(row) }
  }
}
