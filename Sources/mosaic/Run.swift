import ArgumentParser
import MosaicAnalysis
import MosaicCore
import MosaicRuntime

/// `mosaic run MODEL -o OUT`: samples a bundle or a dense checkpoint.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sample a bundle or a dense network.",
    discussion: """
      OUT.png gets a grid of images; OUT.safetensors the tensors images, labels, noise and \
      timesteps. A bundle with a plan for the run follows it: each step's variant, and what it takes \
      from earlier steps. Else a step's variant goes by its noise level, so any step count works.
      """)

  @Argument(help: "A diffusers directory, an ONNX model or a bundle.")
  var model: String

  @Option(name: .shortAndLong, help: "Where to write: a .png or a .safetensors file.")
  var output: String

  @Option(help: "Images in all.")
  var count: Int?

  @Option(
    name: .customLong("class"),
    help: "Classes, by name or number, separated by commas; taken in turn.")
  var classes: String?

  @Option(help: "Sampling steps; those of a bundle's plan, else its own; 50 for a checkpoint.")
  var steps: Int?

  @Option(help: "Weight of classifier-free guidance; 1 is none.")
  var guidance: Float?

  @Option(help: "Seed of noise and of classes that are not named.")
  var seed: UInt64 = 0

  @Option(
    help: "Start from the tensor 'noise' [n, c, h, w] of FILE, and its 'labels' [n].",
    completion: .file(extensions: ["safetensors"]))
  var noise: String?

  @Option(
    help: "Start at this step, of 1 to --steps, from the 'images' [n, c, h, w] of --image.")
  var startAt: Int?

  @Option(
    help: "Images to start from, as 'run -o FILE.safetensors' writes them.",
    completion: .file(extensions: ["safetensors"]))
  var image: String?

  @Flag(help: "Refuse to replace an existing output.")
  var noClobber = false

  @OptionGroup var checkpoint: CheckpointOptions
  @OptionGroup(title: "Other networks") var network: NetworkArguments
  @OptionGroup var bundles: BundleOptions
  @Option(
    help: "Variants of a bundle in memory: that of the step and the next, one, or all so far.")
  var resident: BundleDenoiser.Residency = .next

  @OptionGroup var planning: PlanOptions
  @OptionGroup var machine: MachineOptions
  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var print: OutputOptions

  func validate() throws {
    if let count, !(1...1_000_000).contains(count) {
      throw ValidationError("--count must be 1 to 1000000.")
    }
    if let steps, steps < 1 { throw ValidationError("--steps must be 1 or more.") }
    if let guidance, !guidance.isFinite { throw ValidationError("--guidance must be a number.") }
    guard output.hasSuffix(".png") || output.hasSuffix(".safetensors") else {
      throw ValidationError("-o must end in .png or .safetensors.")
    }
    if (startAt == nil) != (image == nil) {
      throw ValidationError("--start-at and --image come together.")
    }
    if let startAt, startAt < 1 { throw ValidationError("--start-at must be 1 or more.") }
    if count != nil, image != nil {
      throw ValidationError("--count and --image exclude each other: the file says how many.")
    }
    if count != nil, noise != nil {
      throw ValidationError("--count and --noise exclude each other: the file says how many.")
    }
  }

  func run() throws {
    Interrupt.watch()
    try exiting {
      machine.warnOfSlowKernels()
      let opened = try OpenedModel(model, checkpoint, network, memoryLimit: bundles.memoryLimit)
      try checkOutput(opened)
      let request = try request(opened.description)
      let samples = request.noise?.shape.first ?? request.count
      let setup = try setup(opened)
      if !print.quiet, let text = setup.planText(samples: samples) { printError(text) }
      let line = ProgressLine(stages: [("sampling", 1)], isQuiet: print.quiet)
      let result = try sample(opened, setup, request) { report in
        try line.show(
          Progress(stage: "sampling", done: report.step + 1, total: report.steps))
      }
      line.clear()
      try write(result)
      report(result, setup)
    }
  }

  private func setup(_ opened: OpenedModel) throws -> SamplingSetup {
    switch opened {
    case .checkpoint:
      SamplingSetup(
        trajectory: try Trajectory(
          config: opened.scheduler(checkpoint), steps: steps ?? opened.defaultSteps),
        guidance: guidance)
    case .bundle(let bundle):
      try planning.setup(
        bundle, scheduler: checkpoint.asksForSampling ? opened.scheduler(checkpoint) : nil,
        steps: steps, guidance: guidance)
    }
  }

  private func sample(
    _ opened: OpenedModel, _ setup: SamplingSetup, _ request: SampleRequest,
    _ progress: (StepReport) throws -> Void
  ) throws -> SampleResult {
    let sampler = Sampler(trajectory: setup.trajectory, seed: seed)
    switch opened {
    case .checkpoint(let imported):
      var denoiser = DenseDenoiser(
        try imported.predictor(
          threads: machine.threadCount, guidance: setup.guidance, precision: precision.resolved()))
      return try sampler.run(request, with: &denoiser, progress: progress)
    case .bundle(let bundle):
      var denoiser = BundleDenoiser(
        bundle, threads: machine.threadCount, guidance: setup.guidance, plan: setup.plan,
        residency: resident, precision: try precision.resolved(),
        conditioning: try bundle.conditioning(from: network.conditioningFile))
      return try sampler.run(request, with: &denoiser, progress: progress)
    }
  }

  /// What can be refused before minutes of sampling.
  private func checkOutput(_ opened: OpenedModel) throws {
    let (channels, shape) = (opened.description.channels, opened.description.sampleShape)
    if output.hasSuffix(".png"), ![1, 3].contains(channels) || shape.count != 3 {
      throw UsageError(
        description: "\(printable(output, limit: 400)): a PNG needs 1 or 3 channels and samples "
          + (shape.count == 3 ? "have \(channels)" : "are tokens")
          + "; write a .safetensors file")
    }
    try refuse(
      output,
      among: opened.inputFiles
        + [noise, image, checkpoint.scheduler, network.conditioning].compactMap { $0 })
    _ = try AtomicFile(path: output, replacing: !noClobber)
  }

  private func request(_ description: ModelDescription) throws -> SampleRequest {
    var request = SampleRequest()
    request.seed = seed
    request.classes = try classNumbers(description)
    request.count = count ?? max(1, request.classes.count)
    if let image, let startAt {
      let file = try SafetensorsReader(path: image)
      guard let tensor = file.tensor("images"), tensor.dataType.isFloat else {
        throw ReferenceError(path: image, reason: .missing("images"))
      }
      request.later = LaterStart(
        images: try tensor.floats(), shape: tensor.shape, step: startAt - 1)
      request.count = max(1, tensor.shape.first ?? 1)
    }
    guard let noise else { return request }
    let file = try SafetensorsReader(path: noise)
    guard let tensor = file.tensor("noise"), tensor.dataType.isFloat else {
      throw ReferenceError(path: noise, reason: .missing("noise"))
    }
    request.noise = (try tensor.floats(), tensor.shape)
    if let labels = file.tensor("labels") {
      guard !labels.dataType.isFloat else {
        throw ReferenceError(path: noise, reason: .notIntegers("labels"))
      }
      request.labels = labels.integers().map { Int($0) }
    }
    return request
  }

  private func classNumbers(_ description: ModelDescription) throws -> [Int] {
    guard let classes else { return [] }
    guard description.classInput != nil else {
      throw UsageError(description: "--class: this network takes no classes")
    }
    return try classes.split(separator: ",", omittingEmptySubsequences: false).map { word in
      let name = word.trimmed
      if let number = description.classNames.firstIndex(of: name) { return number }
      if let number = Int(name) { return number }
      let known = description.classNames.prefix(5).map { printable($0) }.joined(separator: ", ")
      throw UsageError(
        description: "--class: '\(printable(name))' is no class; known are the numbers "
          + "0..<\(description.classCount)" + (known.isEmpty ? "" : " and names as \(known)"))
    }
  }

  private func write(_ result: SampleResult) throws {
    if output.hasSuffix(".png") {
      let grid = result.images.withUnsafeBufferPointer {
        ImageGrid(images: $0, shape: result.shape)
      }
      try AtomicFile.write(grid.png, to: output, replacing: !noClobber)
    } else {
      try SafetensorsWriter.write(
        [
          ("images", TensorView(result.images, shape: result.shape)),
          ("labels", TensorView(result.labels.map { Int64($0) }, shape: [result.labels.count])),
          ("noise", TensorView(result.noise, shape: result.shape)),
          (
            "timesteps",
            TensorView(result.timesteps.map { Float($0) }, shape: [result.timesteps.count])
          ),
        ], to: output, replacing: !noClobber)
    }
  }

  private func report(_ result: SampleResult, _ setup: SamplingSetup) {
    let sorted = result.steps.map(\.seconds).sorted()
    let median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    let variants = Set(result.steps.map(\.variant)).count
    guard print.json else {
      Swift.print(
        "\(printable(output, limit: 400)): \(result.shape[0]) samples, \(result.steps.count) steps "
          + "over \(variants) variant\(variants == 1 ? "" : "s"), " + reuseText(setup)
          + "\(significant(result.seconds)) s, \(significant(1000 * median)) ms a step")
      return
    }
    let fields: [(String, JSONValue)] = [
      ("schema", "mosaic.run/1"), ("output", JSONValue(output)),
      ("samples", JSONValue(result.shape[0])), ("steps", JSONValue(result.steps.count)),
      ("sampling_seconds", JSONValue(result.seconds)),
      ("median_step_seconds", JSONValue(median)),
      ("step_seconds", JSONValue(result.steps.map { JSONValue($0.seconds) })),
      ("switch_seconds", JSONValue(result.steps.map { JSONValue($0.switchSeconds) })),
      ("step_variants", JSONValue(result.steps.map { JSONValue($0.variant) })),
      ("threads", JSONValue(machine.threadCount)),
    ]
    let json = JSONValue.object(JSONObject(fields + setup.planJSON(samples: result.shape[0])))
    Swift.print(json.text(indented: true))
  }

  /// What of the steps was left out.
  private func reuseText(_ setup: SamplingSetup) -> String {
    guard let counts = setup.plan?.uses.counts else { return "" }
    return "\(setup.trajectory.steps.count { $0.needsForward }) forwards with \(counts.taken) of "
      + "\(counts.taken + counts.computed) unit values reused, "
  }
}

extension Substring {
  /// Without spaces at either end.
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
