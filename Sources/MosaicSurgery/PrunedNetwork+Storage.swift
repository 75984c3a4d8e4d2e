public import MosaicCore
public import MosaicIR

extension PrunedNetwork {
  /// The network with its refitted weights rounded to what a file of `storage`'s types would hold,
  /// so that what is measured is what is shipped. Bias changes stay as they are.
  public func rounded(to storage: (ValueID) -> DataType?) -> PrunedNetwork {
    var rounded = replacements
    for (id, replacement) in replacements {
      guard case .values(let values) = replacement, graph[id].type.rank >= 2,
        let type = storage(id), type == .f16 || type == .bf16
      else { continue }
      let view = TensorView(values, shape: [values.count], storedAs: type)
      // What is too large for the type stays f32.
      guard view.firstNonFinite == nil else { continue }
      var back = [Float](repeating: 0, count: values.count)
      back.withUnsafeMutableBufferPointer { view.convert(into: $0) }
      rounded[id] = .values(back)
    }
    return PrunedNetwork(graph: graph, kept: kept, replacements: rounded)
  }

  init(graph: Graph, kept: [[Int]], replacements: [ValueID: Replacement]) {
    self.graph = graph
    self.kept = kept
    self.replacements = replacements
  }
}
