public import MosaicCore
internal import MosaicIR
internal import MosaicRuntime
public import MosaicSurgery

extension DenseNetwork {
  /// The network with its weights rounded to `dataType`, and the weights that this type cannot
  /// hold: they become f32.
  ///
  /// - Parameter dataType: f32, f16 or bf16; nil changes nothing.
  public func rounded(to dataType: DataType?) -> (network: DenseNetwork, kept: [String]) {
    guard let dataType else { return (self, []) }
    var network = self
    var kept: [String] = []
    for (id, buffer) in weights {
      network.storage[id] = dataType
      guard dataType != .f32, storage[id] != dataType else { continue }
      let view = TensorView(buffer.array, shape: [buffer.count], storedAs: dataType)
      if view.firstNonFinite == nil {
        network.weights[id] = FloatBuffer(view)
      } else {
        network.storage[id] = .f32
        kept.append(graph[id].name)
      }
    }
    return (network, kept.sorted())
  }

  /// The network with units in another order: the rows of what makes them and the columns of what
  /// takes them up. It computes the same, but for the order of sums.
  ///
  /// - Parameter orders: Of each group the unit at each place; nil where none moves.
  public func reordered(_ groups: [PruningGroup], by orders: [[Int]?]) -> DenseNetwork {
    var network = self
    for (group, order) in zip(groups, orders) {
      guard let order else { continue }
      let indices = order.flatMap { $0 * group.unitSize..<($0 + 1) * group.unitSize }
      for producer in group.producers { network.permute(producer, axis: 0, to: indices) }
      network.permute(group.consumer, axis: 1, to: indices)
    }
    return network
  }

  private mutating func permute(_ id: ValueID, axis: Int, to indices: [Int]) {
    guard let buffer = weights[id] else { return }
    let shape = graph[id].type.sampleShape
    let inner = shape.dropFirst(axis + 1).reduce(1, *)
    precondition(shape[axis] == indices.count)
    weights[id] = buffer.withFloats { source in
      FloatBuffer(count: source.count) { target in
        var next = 0
        for start in stride(from: 0, to: source.count, by: max(1, indices.count * inner)) {
          for index in indices {
            for element in start + index * inner..<start + (index + 1) * inner {
              target[next] = source[element]
              next += 1
            }
          }
        }
      }
    }
  }
}
