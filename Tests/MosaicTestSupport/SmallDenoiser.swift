extension SmallONNX {
  /// A network that denoises samples [batch, 2, 4, 4]: `y = sample + timestep + Σ conditioning`.
  ///
  /// - Parameters:
  ///   - conditioning: Inputs of floats [batch, 3] that are added, summed up.
  ///   - shared: An input of floats [3] without a batch that is added, summed up.
  ///   - batch: What the exporter fixed the batch to; -1 leaves it open.
  public static func denoiser(
    sample: String = "sample", timestep: String = "timestep", conditioning: [String] = [],
    shared: String? = nil, batch: Int = -1
  ) -> WireMessage {
    var nodes = [
      node("Reshape", [timestep, "column"], ["time"]), node("Add", [sample, "time"], ["y0"]),
    ]
    var inputs = [
      batched(sample, [2, 4, 4], batch), batched(timestep, [], batch),
    ]
    var terms = conditioning
    for name in conditioning { inputs.append(batched(name, [3], batch)) }
    if let shared {
      inputs.append(value(shared, shape: [3]))
      nodes.append(node("Unsqueeze", [shared, "zero"], ["row"]))
      terms.append("row")
    }
    for (index, name) in terms.enumerated() {
      nodes += [
        node("MatMul", [name, "ones"], ["sum\(index)"]),
        node("Reshape", ["sum\(index)", "column"], ["column\(index)"]),
        node("Add", ["y\(index)", "column\(index)"], ["y\(index + 1)"]),
      ]
    }
    let one: [UInt8] = [0, 0, 128, 63]
    let minusOne = [UInt8](repeating: 255, count: 8)
    let oneInteger: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
    return model(
      graph: graph(
        nodes: nodes,
        initialisers: [
          tensor("column", [4], type: 7, raw: minusOne + oneInteger + oneInteger + oneInteger),
          tensor("zero", [1], type: 7, raw: [UInt8](repeating: 0, count: 8)),
          tensor("ones", [3, 1], raw: one + one + one),
        ], inputs: inputs, outputs: [value("y\(terms.count)", shape: nil)]))
  }

  /// An input whose first extent is called `batch`, or fixed.
  public static func batched(
    _ name: String, _ rest: [Int], _ batch: Int = -1, type: Int = 1
  ) -> WireMessage {
    let first: WireMessage = batch < 0 ? .text(2, "batch") : .integer(1, batch)
    let extents = WireMessage([.message(1, first)] + rest.map { .message(1, .integer(1, $0)) })
    return typed(name, extents: extents, type: type)
  }
}
