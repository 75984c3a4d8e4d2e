import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

/// Which input of an ONNX model is what, and what is said where that cannot be told.
@Suite struct ONNXRolesTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func importer(_ model: WireMessage) throws -> ONNXImporter {
    ONNXImporter(path: try directory.file("m.onnx", model.bytes))
  }

  private func conditioning(_ tensors: [(String, TensorView)]) throws -> SafetensorsReader {
    let path = "\(directory.path)/c.safetensors"
    try SafetensorsWriter.write(tensors, to: path)
    return try SafetensorsReader(path: path)
  }

  private func refuses(
    _ importer: ONNXImporter, _ message: String, _ status: MosaicCore.ExitStatus,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: ONNXRoleError.self, sourceLocation: sourceLocation) {
      try importer.load()
    }
    #expect(
      error?.description == "\(importer.path): \(message)", sourceLocation: sourceLocation)
    #expect(error?.exitStatus == status, sourceLocation: sourceLocation)
  }

  @Test func byName() throws {
    let model = try importer(SmallONNX.denoiser(conditioning: ["text", "size"])).load()
    let description = model.description
    #expect(description.sampleInput == "sample" && description.timestepInput == "timestep")
    #expect(description.sampleShape == [2, 4, 4] && description.outputChannels == 2)
    #expect(description.conditioningInputs == ["text", "size"])
    #expect(description.classInput == nil && !description.hasLearnedSigma)
    #expect(description.timestepScale == 1)
    #expect(model.conditioning == nil && model.scheduler == nil)
  }

  @Test func byShape() throws {
    let description = try importer(
      SmallONNX.denoiser(sample: "a", timestep: "b", conditioning: ["c"])
    ).load().description
    #expect(description.sampleInput == "a" && description.timestepInput == "b")
    #expect(description.conditioningInputs == ["c"])
  }

  /// A batch that the exporter fixed is open where only reshapes hold it.
  @Test func fixedBatch() throws {
    let model = try importer(SmallONNX.denoiser(conditioning: ["text"], batch: 5)).load()
    #expect(model.graph.inputs.allSatisfy { model.graph[$0].type.isBatched })
  }

  @Test func classes() throws {
    var importer = ONNXImporter(
      path: Fixtures.path("tiny-dit-onnx/model.dynamic.opset18.onnx"))
    var description = try importer.load().description
    #expect(description.classInput == "class_labels" && description.classCount == 11)
    #expect(description.nullClass == nil && description.conditioningInputs == [])
    #expect(description.hasLearnedSigma && description.outputChannels == 8)
    importer.nullClass = 10
    description = try importer.load().description
    #expect(description.classCount == 10 && description.nullClass == 10)
    importer.nullClass = 11
    refuses(
      importer, "has no class 11 to stand for none; its classes are 0..<11", .usage)
    importer.nullClass = nil
    // Asked to, the class is an input like others: its values come from a file.
    importer.roles.conditioning = ["class_labels"]
    description = try importer.load().description
    #expect(description.classInput == nil && description.conditioningInputs == ["class_labels"])
  }

  @Test func refusesWhatCannotBeTold() throws {
    let inputs = "'a' [n, 2, 4, 4], 't0' [n], 't1' [n]"
    let two = SmallONNX.model(
      graph: SmallONNX.graph(
        nodes: [
          SmallONNX.node("Add", ["t0", "t1"], ["t"]),
          SmallONNX.node("Reshape", ["t", "column"], ["c"]),
          SmallONNX.node("Add", ["a", "c"], ["y"]),
        ], initialisers: [int64s("column", [-1, 1, 1, 1])],
        inputs: [
          batched("a", [2, 4, 4]), batched("t0", []), batched("t1", []),
        ], outputs: [SmallONNX.value("y", shape: nil)]))
    var importer = try importer(two)
    refuses(
      importer,
      "its timestep may be 't0' or 't1'; say which with --input timestep=NAME; its inputs are "
        + inputs, .usage)
    importer.roles.timestep = "t1"
    let description = try importer.load().description
    #expect(description.timestepInput == "t1" && description.conditioningInputs == ["t0"])
    importer.roles.conditioning = ["t1"]
    refuses(importer, "input 't1' is given two roles", .usage)
    importer.roles = ONNXRoleNames(timestep: "time")
    refuses(
      importer, "has no input 'time' to give a role; its inputs are \(inputs)", .usage)
    importer.roles = ONNXRoleNames(timestep: "a")
    refuses(
      importer,
      "input 'a' cannot be the timestep, which is one number a sample; its inputs are \(inputs)",
      .usage)
    importer.roles = ONNXRoleNames(sample: "t0")
    refuses(
      importer,
      "input 't0' cannot be the sample, which is floats [n, channels, height, width] or [n, tokens, "
        + "channels], as the output; its inputs are \(inputs)", .usage)
    importer.roles = ONNXRoleNames(classes: "t0")
    importer.roles.timestep = "t1"
    refuses(
      importer,
      "input 't0' cannot be the class, which is int [n] that chooses from a table; its inputs are "
        + inputs, .usage)
    importer.roles = ONNXRoleNames(timestep: "t1")
    importer.nullClass = 0
    refuses(importer, "takes no classes, so none can stand for none", .usage)
  }

  @Test func refusesWhatIsNoDenoiser() throws {
    refuses(
      try importer(SmallONNX.model()),
      "none of its inputs can be the sample; its inputs are 'x' [2], and only networks that denoise "
        + "one can be sampled", .unsupported)
    let still = SmallONNX.model(
      graph: SmallONNX.graph(
        nodes: [SmallONNX.node("Neg", ["sample"], ["y"])], initialisers: [],
        inputs: [batched("sample", [2, 4, 4])], outputs: [SmallONNX.value("y", shape: nil)]))
    refuses(
      try importer(still),
      "none of its inputs can be the timestep; its inputs are 'sample' [n, 2, 4, 4]", .unsupported)
  }

  /// What all samples share becomes a weight.
  @Test func sharedInputs() throws {
    var importer = try importer(SmallONNX.denoiser(conditioning: ["text"], shared: "ids"))
    refuses(
      importer, "takes 'ids' for all samples alike; give their values with --conditioning FILE",
      .usage)
    let text = TensorView([Float](repeating: 1, count: 6), shape: [2, 3])
    importer.conditioningFile = try conditioning([("text", text)])
    let lacking = #expect(throws: ConditioningError.self) { try importer.load() }
    #expect(lacking?.reason == .missingShared("ids", expected: [3]))
    importer.conditioningFile = try conditioning([("text", text), ("ids", text)])
    let misshapen = #expect(throws: ConditioningError.self) { try importer.load() }
    #expect(misshapen?.reason == .shape("ids", expected: [3], found: [2, 3]))
    importer.conditioningFile = try conditioning([
      ("text", text), ("ids", TensorView([1, 2, 4] as [Float], shape: [3])),
    ])
    let model = try importer.load()
    #expect(model.graph.inputs.map { model.graph[$0].name } == ["sample", "timestep", "text"])
    #expect(model.conditioning?.rowCount == 2)
    let output = try model.graph.interpret(
      inputs: [
        "sample": Tensor([Float](repeating: 0, count: 32), shape: [1, 2, 4, 4]),
        "timestep": Tensor([10], shape: [1]), "text": Tensor([1, 2, 3], shape: [1, 3]),
      ]
    ) { id in model.weights.tensor(model.graph[id].name).map { Tensor($0) } }
    #expect(output[0].floats.allSatisfy { $0 == 10 + 6 + 7 })
  }

  /// Networks that multiply times of 0...1 by 1000 themselves are given a thousandth.
  @Test func timestepScale() throws {
    let factor: [UInt8] = [0, 0, 122, 68]
    let flow = SmallONNX.model(
      graph: SmallONNX.graph(
        nodes: [
          SmallONNX.node("Mul", ["timestep", "thousand"], ["t"]),
          SmallONNX.node("Reshape", ["t", "column"], ["c"]),
          SmallONNX.node("Add", ["sample", "c"], ["y"]),
        ],
        initialisers: [
          SmallONNX.tensor("thousand", [], raw: factor), int64s("column", [-1, 1, 1, 1]),
        ], inputs: [batched("sample", [2, 4, 4]), batched("timestep", [])],
        outputs: [SmallONNX.value("y", shape: nil)]))
    var importer = try importer(flow)
    var model = try importer.load()
    #expect(model.description.timestepScale == 0.001)
    #expect(model.warnings.count == 1)
    importer.timestepScale = 1
    model = try importer.load()
    #expect(model.description.timestepScale == 1 && model.warnings == [])
  }
}
