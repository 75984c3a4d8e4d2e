import MosaicIR
import Testing

@Suite struct CostTests {
  @Test(arguments: [
    // 5 rows of 7 products of length 3.
    (OperatorCase(Linear(), [1, 5, 3], [7, 3], [7]), 105),
    // 4 · 4 · 3 results of 3 · 3 · 3 taps.
    (OperatorCase(Convolution(stride: 2, padding: 1), [1, 3, 7, 5], [4, 3, 3, 3]), 1296),
    // q · kᵀ and the weighted sum: each 3 queries · 5 keys · width 8.
    (OperatorCase(Attention(headSize: 4, scale: 1), [1, 3, 8], [1, 5, 8], [1, 5, 8]), 240),
    (OperatorCase(LayerNorm(epsilon: 1), [1, 8]), 0),
  ])
  func countsMultiplyAccumulates(operation: OperatorCase, macs: Int) throws {
    var types = operation.types
    for index in types.indices where types[index].shape[0] == 1 { types[index].shape[0] = .batch }
    let outputs = try operation.operation.inferOutputs(from: types)
    #expect(operation.operation.cost(of: types, outputs: outputs).macs == macs)
  }

  @Test func addsUpOverAGraph() throws {
    let graph = try smallGraph()
    #expect(graph.macs == 4 * 3 + 2 * 4)
    #expect(graph.parameterCount == 4 * 3 + 4 + 2 * 4)
  }
}
