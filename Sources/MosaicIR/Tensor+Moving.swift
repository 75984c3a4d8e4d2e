// Operations that move elements and change none.

extension Tensor {
  /// The tensor of `shape` whose element at coordinates c is element
  /// `start + Σ strides[i] · c[i]` of this one; a stride may be 0 or negative.
  func strided(_ shape: [Int], strides: [Int], start: Int = 0) -> Tensor {
    switch elements {
    case .floats(let values): replacing(.floats(walk(values, shape, strides, start)), shape)
    case .doubles(let values): replacing(.doubles(walk(values, shape, strides, start)), shape)
    case .integers(let values): replacing(.integers(walk(values, shape, strides, start)), shape)
    }
  }

  /// The same elements under another shape of as many.
  func reshaped(_ shape: [Int]) -> Tensor { replacing(elements, shape) }

  /// Repeated along axes of extent 1, and along new ones in front, until it has `shape`.
  func broadcast(to shape: [Int]) -> Tensor {
    self.shape == shape ? self : strided(shape, strides: broadcastStrides(in: shape))
  }

  /// Distances between neighbours along each axis of `shape`, 0 where this repeats.
  func broadcastStrides(in shape: [Int]) -> [Int] {
    let lead = shape.count - self.shape.count
    let own = Tensor.strides(of: self.shape)
    return shape.indices.map { axis in
      axis < lead || self.shape[axis - lead] == 1 ? 0 : own[axis - lead]
    }
  }

  /// The elements at `positions`.
  func picking(_ positions: [Int], shape: [Int]) -> Tensor {
    switch elements {
    case .floats(let values): replacing(.floats(positions.map { values[$0] }), shape)
    case .doubles(let values): replacing(.doubles(positions.map { values[$0] }), shape)
    case .integers(let values): replacing(.integers(positions.map { values[$0] }), shape)
    }
  }

  /// The elements at `positions`, nil giving `filling`.
  func picking(_ positions: [Int?], shape: [Int], filling: Double = 0) -> Tensor {
    switch elements {
    case .floats(let values):
      let filler = Float(filling)
      return replacing(.floats(positions.map { $0.map { values[$0] } ?? filler }), shape)
    case .doubles(let values):
      return replacing(.doubles(positions.map { $0.map { values[$0] } ?? filling }), shape)
    case .integers(let values):
      let filler = element.wrapped(Int64(saturating: filling))
      return replacing(.integers(positions.map { $0.map { values[$0] } ?? filler }), shape)
    }
  }

  /// Tensors of one type, one after the other along `axis`.
  static func joined(_ parts: [Tensor], axis: Int) -> Tensor {
    var shape = parts[0].shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    let outer = shape[..<axis].reduce(1, *)
    switch parts[0].elements {
    case .floats: return parts[0].replacing(.floats(join(parts.map(\.floats), outer)), shape)
    case .doubles: return parts[0].replacing(.doubles(join(parts.map(\.doubles), outer)), shape)
    case .integers: return parts[0].replacing(.integers(join(parts.map(\.integers), outer)), shape)
    }
  }

  /// Other elements of the same type, which need no rounding.
  func replacing(_ elements: Elements, _ shape: [Int]) -> Tensor {
    Tensor(element: element, shape: shape, exactly: elements)
  }
}

/// The elements of a strided view, row-major.
private func walk<Element: BitwiseCopyable>(
  _ x: [Element], _ shape: [Int], _ strides: [Int], _ start: Int
) -> [Element] {
  let count = shape.reduce(1, *)
  if count == 0 { return [] }
  let inner = shape.last ?? 1
  let step = strides.last ?? 0
  var position = [Int](repeating: 0, count: max(shape.count - 1, 0))
  var from = start
  return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
    var to = 0
    while true {
      if step == 1 {
        for index in 0..<inner { buffer.initializeElement(at: to + index, to: x[from + index]) }
      } else {
        for index in 0..<inner {
          buffer.initializeElement(at: to + index, to: x[from + index * step])
        }
      }
      to += inner
      var axis = position.count - 1
      while axis >= 0 {
        position[axis] += 1
        from += strides[axis]
        if position[axis] < shape[axis] { break }
        from -= strides[axis] * shape[axis]
        position[axis] = 0
        axis -= 1
      }
      if axis < 0 { break }
    }
    initialized = count
  }
}

private func join<Element>(_ parts: [[Element]], _ outer: Int) -> [Element] {
  var result: [Element] = []
  result.reserveCapacity(parts.reduce(0) { $0 + $1.count })
  for row in 0..<outer {
    for part in parts {
      let width = part.count / outer
      result += part[row * width..<(row + 1) * width]
    }
  }
  return result
}
