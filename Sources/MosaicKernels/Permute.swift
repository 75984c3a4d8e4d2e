internal import CMosaicSIMD

/// A transposition of tensors of one shape, planned once and applied to many.
///
/// Axes that stay neighbours move as one, the innermost of them by whole copies; where the last
/// axis changes, blocks are transposed in registers.
public struct Permutation: Sendable {
  /// An axis of y, with how far apart its elements lie on both sides.
  private struct Axis: Sendable {
    var count: Int
    var xStride: Int
    var yStride: Int
  }

  /// The axes that are stepped through, outermost first.
  private var outer: [Axis]
  /// The last axis of y, along which it is contiguous.
  private var inner: Axis
  /// The last axis of x, where that is another one; else a single element.
  private var across: Axis
  private let isEmpty: Bool

  /// Plans for x of `shape`: axis i of y is axis `order[i]` of x.
  ///
  /// - Precondition: `order` is a permutation of `0..<shape.count`.
  public init(shape: [Int], order: [Int]) {
    guard order.sorted() == Array(shape.indices) else {
      fatalError("\(order) is no order of \(shape.count) axes")
    }
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    var axes: [Axis] = []
    var yStride = 1
    for axis in order.reversed() where shape[axis] != 1 {
      if let last = axes.last, strides[axis] == last.xStride * last.count {
        axes[axes.count - 1].count *= shape[axis]
      } else {
        axes.append(Axis(count: shape[axis], xStride: strides[axis], yStride: yStride))
      }
      yStride *= shape[axis]
    }
    let single = Axis(count: 1, xStride: 1, yStride: 1)
    isEmpty = shape.contains(0)
    inner = axes.isEmpty ? single : axes.removeFirst()
    across = single
    if inner.xStride != 1, let index = axes.firstIndex(where: { $0.xStride == 1 }) {
      across = axes.remove(at: index)
    }
    outer = axes.reversed()
  }

  /// Writes the transposed `x` to `y`, which must not overlap it.
  public func apply(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
    if isEmpty { return }
    outer.withUnsafeBufferPointer { axes in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: axes.count + 1) { position in
        position.initialize(repeating: 0)
        var from = x
        var to = y
        while true {
          move(from, into: to)
          var axis = axes.count - 1
          while axis >= 0 {
            position[axis] += 1
            from += axes[axis].xStride
            to += axes[axis].yStride
            if position[axis] < axes[axis].count { break }
            from -= axes[axis].xStride * axes[axis].count
            to -= axes[axis].yStride * axes[axis].count
            position[axis] = 0
            axis -= 1
          }
          if axis < 0 { return }
        }
      }
    }
  }

  /// The two innermost axes.
  private func move(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
    if inner.xStride == 1 {
      y.update(from: x, count: inner.count)
    } else {
      mosaic_transpose(x, inner.xStride, y, across.yStride, inner.count, across.count)
    }
  }
}

/// `y = transpose(x)`: axis i of y is axis `order[i]` of x, whose shape is `shape`. `y` must not
/// overlap `x`.
public func permute(
  _ x: UnsafePointer<Float>, shape: [Int], order: [Int], into y: UnsafeMutablePointer<Float>
) {
  Permutation(shape: shape, order: order).apply(x, into: y)
}
