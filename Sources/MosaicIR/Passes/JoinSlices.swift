/// Replaces slices that together are the whole of a last axis, in equal parts, by one split.
public struct JoinSlices: Pass {
  public let name = "join-slices"

  public init() {}

  public func run(on graph: inout Graph) {
    var slices: [ValueID: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      guard let slice = node.operation as? Slice, slice.step == 1,
        slice.axis == graph[node.inputs[0]].type.rank - 1
      else { continue }
      slices[node.inputs[0], default: []].append(index)
    }
    for (source, found) in slices {
      guard let parts = parts(found, of: source, in: graph) else { continue }
      // The split stands where the first slice stood; the others go.
      let first = found[0]
      graph.nodes[first] = Graph.Node(
        name: graph.nodes[first].name, operation: Split(parts: parts.count), inputs: [source],
        outputs: parts.map { graph.nodes[$0].outputs[0] })
      for index in found.dropFirst() { graph.nodes[index].outputs = [] }
    }
    graph.filterNodes { !$0.outputs.isEmpty }
  }

  /// The slices in the order of the axis; nil where they leave a gap, overlap or differ in width.
  private func parts(_ found: [Int], of source: ValueID, in graph: Graph) -> [Int]? {
    let slices = found.compactMap { index in
      (graph.nodes[index].operation as? Slice).map { (index: index, slice: $0) }
    }.sorted { $0.slice.start < $1.slice.start }
    guard let width = slices.first?.slice.count, width > 0, slices.count > 1,
      let extent = graph[source].type.shape.last, extent == Dimension(width * slices.count),
      slices.enumerated().allSatisfy({
        $1.slice.count == width && $1.slice.start == $0 * width
      })
    else { return nil }
    return slices.map(\.index)
  }
}
