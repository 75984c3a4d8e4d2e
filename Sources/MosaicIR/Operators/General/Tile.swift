/// The whole of x repeated along each axis: y has `repeats[i]` times the extent of axis i.
public struct Tile: Operator {
  public static let name = "tile"
  public var repeats: [Int]

  public init(repeats: [Int]) { self.repeats = repeats }

  public var attributes: [(name: String, value: String)] { [("repeats", "\(repeats)")] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    let found = ShapeError(name, expected: "x of rank \(repeats.count)", found: inputs)
    guard inputs.count == 1, inputs[0].rank == repeats.count, repeats.allSatisfy({ $0 >= 0 })
    else { throw found }
    var type = inputs[0]
    for axis in repeats.indices {
      guard let extent = type.shape[axis].multiplied(by: Dimension(repeats[axis])) else {
        throw found
      }
      type.shape[axis] = extent
    }
    return [type]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    let repeated = Set(repeats.indices.filter { repeats[$0] != 1 })
    return AxisRule.passingAll(rank: inputs[0].rank, except: repeated)
      + repeated.sorted().flatMap { axis in
        // One element repeats as often as it is wanted.
        inputs[0].shape[axis] == 1
          ? [AxisRule(.passes, [.output(0, axis: axis)])]
          : [
            AxisRule(.pinned("it is repeated"), [.input(0, axis: axis)]),
            AxisRule(.pinned("it repeats"), [.output(0, axis: axis)]),
          ]
      }
  }

  public func resized(
    _ inputs: [TensorType], to outputs: [TensorType], lost: (AxisRule.Axis) -> [Int]
  ) -> Tile {
    Tile(
      repeats: repeats.indices.map { axis in
        inputs[0].shape[axis] == 1 ? outputs[0].shape[axis].factor : repeats[axis]
      })
  }

  /// Each axis becomes two: its repeats, then itself.
  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    let shape = zip(repeats, x.shape).flatMap { [$0, $1] }
    let strides = Tensor.strides(of: x.shape).flatMap { [0, $0] }
    return [
      x.strided(shape, strides: strides).reshaped(zip(repeats, x.shape).map { $0 * $1 })
    ]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let x = inputs[0]
    let at = Tensor.coordinates(of: position, in: zip(repeats, x.shape).map { $0 * $1 })
    let own = zip(at, x.shape).map { $0 % $1 }
    return x.number(at: zip(Tensor.strides(of: x.shape), own).reduce(0) { $0 + $1.0 * $1.1 })
  }
}
