internal import MosaicBundle

/// A weight where it lies in memory: a buffer, or runs of its rows that other weights share.
public struct WeightRows: Sendable {
  public let buffer: FloatBuffer
  /// First element and rows of each run.
  let runs: [(start: Int, count: Int)]
  /// Elements of a row.
  let width: Int

  /// All of a buffer.
  public init(_ buffer: FloatBuffer) {
    self.buffer = buffer
    runs = [(0, buffer.count)]
    width = 1
  }

  /// - Parameters:
  ///   - runs: Rows of the buffer, one run after the other.
  ///   - width: Elements of a row.
  init(_ buffer: FloatBuffer, runs: [Manifest.Run], width: Int) {
    precondition(
      runs.allSatisfy { $0.start >= 0 && ($0.start + $0.count) * width <= buffer.count })
    self.buffer = buffer
    self.runs = runs.map { ($0.start * width, $0.count) }
    self.width = width
  }

  public var count: Int { runs.reduce(0) { $0 + $1.count * width } }

  /// A copy of the elements, one run after the other.
  func gathered() -> FloatBuffer {
    FloatBuffer(count: count) { target in
      var rest = target[...]
      for run in runs {
        let elements = run.count * width
        _ = UnsafeMutableBufferPointer(rebasing: rest.prefix(elements)).update(
          fromContentsOf: UnsafeBufferPointer(start: buffer.pointer + run.start, count: elements))
        rest = rest.dropFirst(elements)
      }
    }
  }

  /// Where all elements lie one after the other.
  var base: UnsafePointer<Float>? {
    runs.count == 1 ? buffer.pointer + runs[0].start : nil
  }
}
