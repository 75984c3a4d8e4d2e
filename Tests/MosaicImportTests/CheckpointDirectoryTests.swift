import MosaicCore
import MosaicImport
import MosaicTestSupport
import Testing

/// Where a checkpoint's parts are looked for, and what is said of those that are not there.
@Suite struct CheckpointDirectoryTests {
  @Test func readsTheWholePipeline() throws {
    let model = try CheckpointImporter(path: Fixtures.path("tiny-dit")).load()
    #expect(
      model.description
        == ModelDescription(
          architecture: "DiTTransformer2DModel", sampleShape: [4, 8, 8], outputChannels: 8,
          hasLearnedSigma: true, classCount: 10, nullClass: 10,
          classNames: model.description.classNames, sampleInput: "hidden_states",
          timestepInput: "timestep", classInput: "class_labels"))
    #expect(model.scheduler?.className == "DDIMScheduler")
    #expect(model.warnings == [])
  }

  @Test func readsANetworkAlone() throws {
    let model = try CheckpointImporter(path: Fixtures.path("tiny-dit/transformer")).load()
    #expect(model.scheduler == nil)
    #expect(
      model.graph.inputs.map { model.graph[$0].name } == [
        "hidden_states", "timestep", "class_labels",
      ])
  }

  @Test func readsAPipelineWithoutItsIndex() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.remove("model_index.json")
    #expect(try checkpoint.load().scheduler != nil)
  }

  @Test func leavesTheSchedulerToBeNamed() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.remove("scheduler/scheduler_config.json")
    #expect(try checkpoint.load().scheduler == nil)
    let given = Fixtures.path("tiny-dit/schedulers/cosine/scheduler_config.json")
    let model = try CheckpointImporter(path: checkpoint.path, schedulerPath: given).load()
    #expect(model.scheduler?.betaSchedule == .squaredCosine)

    let missing = ImportError(path: "tiny", reason: .noScheduler)
    #expect(
      missing.description
        == "tiny: holds no scheduler/scheduler_config.json; name one with --scheduler FILE")
    #expect(missing.exitStatus == .badConfiguration)
    let error = #expect(throws: FileError.self) {
      try CheckpointImporter(path: checkpoint.path, schedulerPath: "\(checkpoint.path)/no").load()
    }
    #expect(error?.exitStatus == .missingInput)
  }

  @Test func refusesASchedulerItCannotCarryOut() throws {
    let checkpoint = try TinyCheckpoint()
    let file = "scheduler/scheduler_config.json"
    try checkpoint.set("prediction_type", to: "flow", in: file)
    checkpoint.refuses(
      "prediction_type is 'flow', which is not supported; use one of epsilon, sample, v_prediction",
      at: file, .unsupported)
  }

  @Test func refusesAnIndexWithoutANetwork() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.set("transformer", to: [nil, nil], in: "model_index.json")
    checkpoint.refuses(
      "not a checkpoint: it names none of transformer, unet", at: "model_index.json", .badData)
  }

  /// A class that Python would import is a name here and nothing more.
  @Test func runsNothingThatTheIndexNames() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.set("transformer", to: ["os", "system"], in: "model_index.json")
    #expect(try checkpoint.load().description.architecture == "DiTTransformer2DModel")
  }

  @Test func takesClassNamesOfTheRightNumbers() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.set("id2label", to: ["1": "b", "0": "a"], in: "model_index.json")
    #expect(
      try checkpoint.load().description.classNames
        == ["a", "b", "2", "3", "4", "5", "6", "7", "8", "9"])
    try checkpoint.set("id2label", to: ["10": "beyond"], in: "model_index.json")
    checkpoint.refuses(
      "'id2label' must be names for the classes 0..<10, found '10': \"beyond\"",
      at: "model_index.json", .badData)
  }

  @Test func refusesWhatIsNoCheckpoint() throws {
    let directory = try TemporaryDirectory()
    let missing = #expect(throws: FileError.self) {
      try CheckpointImporter(path: "\(directory.path)/no").load()
    }
    #expect(missing?.exitStatus == .missingInput)
    let file = try directory.file("weights.safetensors")
    let wrong = #expect(throws: ImportError.self) { try CheckpointImporter(path: file).load() }
    #expect(
      wrong?.description
        == "\(file): not a checkpoint: give the diffusers directory that holds its config.json,"
        + " not a file in it")
    let empty = #expect(throws: ImportError.self) {
      try CheckpointImporter(path: directory.path).load()
    }
    #expect(empty?.reason == .noConfig)
  }
}
