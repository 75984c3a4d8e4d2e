public import MosaicIR

extension ONNXNetwork {
  /// The input that carries what is denoised: by its name in diffusers, else the one of the output's
  /// shape but for channels, else the first of floats with three axes or more.
  public var sampleInput: ValueID? {
    let images = graph.inputs.filter { graph[$0].type.element.isFloat && graph[$0].type.rank >= 3 }
    let named = images.first { ["sample", "hidden_states"].contains(graph[$0].name) }
    let alike = images.first { input in
      graph.outputs.first.map { isAlike(graph[$0].type, graph[input].type) } ?? false
    }
    return named ?? alike ?? images.first
  }

  private func isAlike(_ output: TensorType, _ input: TensorType) -> Bool {
    output.rank == input.rank && output.shape[0] == input.shape[0]
      && output.shape[2...] == input.shape[2...]
  }
}
