internal import MosaicIR
public import MosaicRuntime
public import MosaicSurgery

extension MaskedBranches {
  /// Runs the dense network with the branches beside it.
  ///
  /// - Parameter leaf: See `Executor`.
  public func executor(
    of lowered: LoweredGraph, _ dense: DenseNetwork, threads: Int, leaf: Int
  ) -> Executor {
    Executor(
      program: lowered.program, weights: lowered.weights.map { weight($0, of: dense) },
      threads: threads, leaf: leaf)
  }

  private func weight(_ id: ValueID, of dense: DenseNetwork) -> FloatBuffer {
    guard let (source, kept) = rows[id] else { return dense.weights[id] ?? FloatBuffer([]) }
    let whole = dense.floats(source)
    let width = whole.count / max(dense.graph[source].type.sampleShape[0], 1)
    return FloatBuffer(kept.flatMap { whole[$0 * width..<($0 + 1) * width] })
  }
}
