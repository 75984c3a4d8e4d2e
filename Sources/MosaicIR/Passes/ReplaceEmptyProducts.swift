/// Replaces a product over no columns, whose result is its bias in every row, where all that is done
/// with it is to add it to a residual: the sum adds the bias itself.
///
/// What only fed the product is then dead, and `EliminateDeadNodes` takes it away.
public struct ReplaceEmptyProducts: Pass {
  public let name = "replace-empty-products"

  public init() {}

  public func run(on graph: inout Graph) {
    for index in graph.nodes.indices {
      let product = graph.nodes[index]
      guard product.operation is Linear, graph[product.inputs[1]].type.shape[1] == 0,
        let sum = graph.residualSum(behind: index)
      else { continue }
      if product.inputs.count > 2 {
        graph.nodes[sum.node].operation = AddRow()
        graph.nodes[sum.node].inputs =
          [sum.stream, product.inputs[2]] + (sum.gate.map { [$0] } ?? [])
      } else {
        graph.replaceUses([graph.nodes[sum.node].outputs[0]: sum.stream])
      }
    }
  }
}
