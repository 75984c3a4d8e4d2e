public import MosaicCore

/// How the elements of operands that repeat along some axes meet: axes of equal steps are walked as
/// one.
public struct BroadcastPlan: Sendable {
  /// Of the result, without the last axis.
  private let outer: [Int]
  private let inner: Int
  /// For each operand the distance between neighbours along each axis, the last apart.
  private let outerSteps: [[Int]]
  private let innerSteps: [Int]

  /// - Parameter shapes: Of the operands, of one rank; along an axis each has the largest extent or 1.
  public init(_ shapes: [[Int]]) {
    let rank = shapes.first?.count ?? 0
    precondition(shapes.allSatisfy { $0.count == rank })
    var extents: [Int] = []
    var steps: [[Int]] = []
    for axis in 0..<rank {
      let extent = shapes.map { $0[axis] }.max() ?? 1
      precondition(shapes.allSatisfy { $0[axis] == extent || $0[axis] == 1 })
      if extent == 1 { continue }
      let own = shapes.map { $0[axis] == 1 ? 0 : $0[(axis + 1)...].reduce(1, *) }
      // An axis whose neighbours lie a whole inner axis apart continues the axis before it.
      if let last = steps.last, zip(last, own).allSatisfy({ $0 == $1 * extent }) {
        extents[extents.count - 1] *= extent
        steps[steps.count - 1] = own
      } else {
        extents.append(extent)
        steps.append(own)
      }
    }
    inner = extents.popLast() ?? 1
    innerSteps = steps.popLast() ?? shapes.map { _ in 0 }
    outer = extents
    outerSteps = shapes.indices.map { operand in steps.map { $0[operand] } }
  }

  /// Calls `body` with the place of a run of `inner` elements in the result and in each operand.
  fileprivate func forEachRun(
    _ body: (_ result: Int, _ operands: [Int]) -> Void
  ) {
    var position = [Int](repeating: 0, count: outer.count)
    var places = innerSteps.map { _ in 0 }
    var result = 0
    while true {
      body(result, places)
      result += inner
      var axis = outer.count - 1
      while axis >= 0 {
        position[axis] += 1
        for operand in places.indices { places[operand] += outerSteps[operand][axis] }
        if position[axis] < outer[axis] { break }
        for operand in places.indices {
          places[operand] -= outerSteps[operand][axis] * outer[axis]
        }
        position[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// `y = function(a, b)`: `y` overlaps no operand.
  public func apply(
    _ function: BinaryFunction, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>
  ) {
    switch function {
    case .add: walk(a, b, y) { $0 + $1 }
    case .subtract: walk(a, b, y) { $0 - $1 }
    case .multiply: walk(a, b, y) { $0 * $1 }
    case .divide: walk(a, b, y) { $0 / $1 }
    default: walk(a, b, y) { Float(function(Double($0), Double($1))) }
    }
  }

  /// `y = condition ≠ 0 ? a : b`: `y` overlaps no operand.
  public func choose(
    _ condition: UnsafePointer<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>
  ) {
    let (c, p, q) = (innerSteps[0], innerSteps[1], innerSteps[2])
    forEachRun { result, places in
      for index in 0..<inner {
        y[result + index] =
          condition[places[0] + index * c] != 0
          ? a[places[1] + index * p] : b[places[2] + index * q]
      }
    }
  }

  @inline(__always)
  private func walk(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ function: (Float, Float) -> Float
  ) {
    let (p, q) = (innerSteps[0], innerSteps[1])
    forEachRun { result, places in
      let (a, b, y) = (a + places[0], b + places[1], y + result)
      // The usual steps apart, so that the compiler can use vectors.
      if p == 1 && q == 1 {
        for index in 0..<inner { y[index] = function(a[index], b[index]) }
      } else if p == 1 && q == 0 {
        let b = b[0]
        for index in 0..<inner { y[index] = function(a[index], b) }
      } else {
        for index in 0..<inner { y[index] = function(a[index * p], b[index * q]) }
      }
    }
  }
}
