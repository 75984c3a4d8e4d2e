internal import MosaicCore
internal import MosaicIR

extension ONNXImporter {
  /// - Throws: `ONNXRoleError` where the output is no prediction for the sample, or the null class is
  ///   none of the classes.
  func description(
    of network: ONNXNetwork, _ roles: ONNXRoles, classCount: Int?
  ) throws(ONNXRoleError) -> ModelDescription {
    let graph = network.graph
    let sample = graph[roles.sample].type.sampleShape
    let output = graph.outputs.first.map { graph[$0].type }
    guard let output, output.isBatched, output.rank == sample.count + 1 else {
      throw network.error(.output(output.map(\.description) ?? "(none)"), path)
    }
    let channels = sample.count == 2 ? output.sampleShape[1] : output.sampleShape[0]
    var description = ModelDescription(
      architecture: "ONNX", sampleShape: sample, outputChannels: channels,
      sampleInput: graph[roles.sample].name, timestepInput: graph[roles.timestep].name,
      conditioningInputs: roles.conditioning.map { graph[$0].name })
    description.hasLearnedSigma = channels == 2 * description.channels
    guard channels == description.channels || (description.hasLearnedSigma && sample.count == 3)
    else { throw network.error(.output(output.description), path) }
    if let classes = roles.classes, let classCount {
      description.classInput = graph[classes].name
      description.classCount = classCount
    }
    guard let nullClass else { return description }
    guard description.classInput != nil else { throw network.error(.noClasses, path) }
    guard (0..<description.classCount).contains(nullClass) else {
      throw network.error(.nullClass(nullClass, count: description.classCount), path)
    }
    description.nullClass = nullClass
    // The last row is no class of its own then.
    if nullClass == description.classCount - 1, nullClass > 0 { description.classCount -= 1 }
    return description
  }

  /// Values of inputs that all samples share, which become weights.
  ///
  /// - Throws: `ONNXRoleError` where no file holds any, `ConditioningError` where one does not fit.
  func sharedValues(
    of network: ONNXNetwork, _ roles: ONNXRoles
  ) throws -> [String: TensorView] {
    let graph = network.graph
    let shared = roles.conditioning.filter { graph[$0].type.isFixed }
    guard !shared.isEmpty else { return [:] }
    guard let file = conditioningFile else {
      throw network.error(.sharedConditioning(shared.map { graph[$0].name }), path)
    }
    var values: [String: TensorView] = [:]
    for input in shared {
      let (name, type) = (graph[input].name, graph[input].type)
      let shape = type.shape(batch: 1)
      guard let view = file.tensor(name) else {
        throw ConditioningError(path: file.path, reason: .missingShared(name, expected: shape))
      }
      guard view.shape == shape else {
        throw ConditioningError(
          path: file.path, reason: .shape(name, expected: shape, found: view.shape))
      }
      guard type.element.isFloat || !view.dataType.isFloat else {
        throw ConditioningError(path: file.path, reason: .notIntegers(name))
      }
      values[name] = Cast(to: type.element).evaluate([Tensor(view)])[0].view
    }
    return values
  }

  /// The rows of the inputs that samples have of their own; nil where there are none, or no file.
  func conditioning(
    of graph: Graph, _ description: ModelDescription
  ) throws(ConditioningError) -> Conditioning? {
    guard let file = conditioningFile, !description.conditioningInputs.isEmpty else { return nil }
    let inputs = description.conditioningInputs.compactMap { name -> Conditioning.Input? in
      guard let id = graph.inputs.first(where: { graph[$0].name == name }) else { return nil }
      let type = graph[id].type
      return Conditioning.Input(
        name: name, shape: type.sampleShape.isEmpty ? [1] : type.sampleShape,
        isInteger: !type.element.isFloat && type.element != .bool)
    }
    return try Conditioning(file, inputs: inputs)
  }
}

extension Graph {
  /// 1/1000 where all that is done with an input is to multiply it by 1000, else 1: flow networks of
  /// diffusers take times of 0...1 and multiply them by the training steps themselves.
  func timestepScale(of name: String, _ weights: any MosaicIR.WeightSource) -> Double {
    guard var value = inputs.first(where: { self[$0].name == name }) else { return 1 }
    while true {
      let readers = nodes.filter { $0.inputs.contains(value) }
      guard readers.count == 1, let reader = readers.first else { return 1 }
      switch reader.operation {
      case is Reshape, is Cast: value = reader.outputs[0]
      case let binary as ElementwiseBinary where binary.function == .multiply:
        guard let factor = reader.inputs.first(where: { $0 != value }),
          self[factor].type.sampleCount == 1,
          let tensor = weights.tensor(self[factor].name).map({ Tensor($0) })
        else { return 1 }
        return tensor.doubles == [1000] ? 0.001 : 1
      default: return 1
      }
    }
  }
}
