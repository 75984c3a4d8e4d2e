internal import MosaicBundle
public import MosaicIR
public import MosaicRuntime
public import MosaicSurgery

extension PrunedNetwork {
  /// The values of one weight of the pruned graph.
  public func weight(_ id: ValueID, of dense: DenseNetwork) -> FloatBuffer {
    let whole = dense.weights[id] ?? FloatBuffer([])
    switch replacements[id] {
    case nil: return whole
    case .values(let values): return FloatBuffer(values)
    case .added(let values): return FloatBuffer(zip(whole.array, values).map { $0 + $1 })
    case .rows(let rows):
      let shape = dense.graph[id].type.sampleShape
      let width = shape.dropFirst().reduce(1, *)
      return whole.withFloats { whole in
        FloatBuffer(count: rows.count * width) { buffer in
          for (to, from) in rows.enumerated() {
            for column in 0..<width {
              buffer[to * width + column] = whole[from * width + column]
            }
          }
        }
      }
    }
  }

  /// - Parameters:
  ///   - leaf: See `Executor`.
  ///   - units: See `Graph.lowered`.
  public func executor(
    of dense: DenseNetwork, threads: Int, leaf: Int? = nil, reusing units: [ReusableUnit] = []
  ) throws -> Executor {
    let lowered = try graph.lowered(reusing: units)
    return Executor(
      program: lowered.program, weights: lowered.weights.map { weight($0, of: dense) },
      threads: threads, leaf: leaf)
  }
}
