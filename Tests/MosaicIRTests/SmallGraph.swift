import MosaicIR

/// Two products with an activation between them.
func smallGraph() throws -> Graph {
  var graph = Graph()
  let x = graph.addInput("x", TensorType([.batch, 3]))
  let first = graph.addWeight("first.weight", shape: [4, 3])
  let bias = graph.addWeight("first.bias", shape: [4])
  let second = graph.addWeight("second.weight", shape: [2, 4])
  let hidden = try graph.add(Linear(), [x, first, bias], name: "first")
  let active = try graph.add(Activate(.silu), hidden, name: "act")
  graph.outputs = try graph.add(Linear(), [active[0], second], name: "second")
  return graph
}
