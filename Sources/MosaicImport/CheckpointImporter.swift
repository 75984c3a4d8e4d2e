public import MosaicCore
internal import MosaicIR

/// Reads a diffusers checkpoint: `model_index.json`, the network's `config.json` and weights, and
/// `scheduler/scheduler_config.json`.
public struct CheckpointImporter: Sendable {
  /// A directory with a `model_index.json`, or one component's with its `config.json`.
  public var path: String
  /// Which weight files to take where there are several: "fp16", "ema"; nil for the plain ones.
  public var variant: String?
  /// Takes the place of the checkpoint's own `scheduler_config.json`.
  public var schedulerPath: String?
  /// The sampler asked for, where the scheduler's own class is not one of ours.
  public var sampler: SamplerKind?

  public init(
    path: String, variant: String? = nil, schedulerPath: String? = nil, sampler: SamplerKind? = nil
  ) {
    self.path = path
    self.variant = variant
    self.schedulerPath = schedulerPath
    self.sampler = sampler
  }

  /// Components that can hold the denoiser, in the order they are looked for.
  private static let components = ["transformer", "unet"]

  /// - Throws: `ImportError`, `SafetensorsError`, `SchedulerError` or `FileError`.
  public func load() throws -> ImportedModel {
    let root = try readRoot()
    var config = try readConfig(root.network)
    guard let className = config.className else {
      throw ImportError(path: config.path, reason: .notACheckpoint("no '_class_name' in it"))
    }
    guard let architecture = architectures.first(where: { $0.className == className }) else {
      throw ImportError(
        path: config.path,
        reason: .unsupportedClass(
          found: className, supported: architectures.map { $0.className }))
    }
    var (builder, description) = try build(architecture, &config)
    try config.requireAllRead()
    description.classNames = try classNames(root.index, count: description.classCount)

    let files = try CheckpointFiles(path: root.network, variant: variant)
    let warnings = try check(files, against: builder) + files.warnings
    var graph = builder.graph
    do {
      try graph.verify()
      try graph.run(canonicalPasses)
    } catch {
      throw ImportError(path: path, reason: .internal("\(error)"))
    }
    return ImportedModel(
      path: path, graph: graph,
      weights: CheckpointWeights(files: files, computed: builder.computed),
      description: description, scheduler: try readScheduler(root), warnings: warnings)
  }

  private func build(
    _ architecture: any Architecture.Type, _ config: inout ConfigReader
  ) throws -> (GraphBuilder, ModelDescription) {
    do {
      return try architecture.build(&config)
    } catch let error as GraphError {
      throw ImportError(
        path: config.path,
        reason: .badField(
          field: "config", expected: "fields that fit each other", found: error.description))
    }
  }

  // MARK: Directories

  private struct Root {
    /// The directory of the whole pipeline, where there is one.
    var pipeline: String?
    var index: JSONValue?
    /// The directory of the network.
    var network: String
  }

  private func readRoot() throws -> Root {
    let indexPath = "\(path)/model_index.json"
    guard fileExists(indexPath) else {
      guard fileExists("\(path)/config.json") else {
        if let component = Self.components.first(where: {
          fileExists("\(path)/\($0)/config.json")
        }) {
          return Root(pipeline: path, index: nil, network: "\(path)/\(component)")
        }
        throw try missing()
      }
      return Root(pipeline: nil, index: nil, network: path)
    }
    let index = try readJSON(indexPath)
    let component = Self.components.first { name in
      // A component is [library, class]; an absent one is null or [null, null].
      index[name]?.array?.contains { !$0.isNull } ?? false
    }
    guard let component else {
      throw ImportError(
        path: indexPath,
        reason: .notACheckpoint("it names none of \(Self.components.joined(separator: ", "))"))
    }
    return Root(pipeline: path, index: index, network: "\(path)/\(component)")
  }

  private func missing() throws -> any Error {
    guard directoryExists(path) else {
      guard fileExists(path) else {
        return FileError(path: path, reason: .missing, isOutput: false)
      }
      return ImportError(
        path: path,
        reason: .notACheckpoint(
          "give the diffusers directory that holds its config.json, not a file in it"))
    }
    return ImportError(path: path, reason: .noConfig)
  }

  private func readConfig(_ directory: String) throws -> ConfigReader {
    let file = "\(directory)/config.json"
    guard fileExists(file) else { throw ImportError(path: directory, reason: .noConfig) }
    return try ConfigReader(try readJSON(file), path: file)
  }

  private func readScheduler(_ root: Root) throws -> SchedulerConfig? {
    let file =
      schedulerPath ?? root.pipeline.map { "\($0)/scheduler/scheduler_config.json" }
    guard let file else { return nil }
    guard schedulerPath != nil || fileExists(file) else { return nil }
    return try MosaicImport.readScheduler(file, sampler: sampler)
  }

  // MARK: Tensors

  /// Names in the order of their numbers; an index without `id2label` gives none.
  private func classNames(_ index: JSONValue?, count: Int) throws(ImportError) -> [String] {
    guard let labels = index?["id2label"]?.object else { return [] }
    var names = [String?](repeating: nil, count: count)
    for (key, value) in labels {
      guard let number = Int(key), names.indices.contains(number), let name = value.string
      else {
        throw ImportError(
          path: "\(path)/model_index.json",
          reason: .badField(
            field: "id2label", expected: "names for the classes 0..<\(count)",
            found: "'\(key)': \(value.text(indented: false))"))
      }
      names[number] = name
    }
    return names.enumerated().map { number, name in name ?? "\(number)" }
  }

  /// - Returns: A warning where tensors are left over.
  private func check(
    _ files: CheckpointFiles, against builder: GraphBuilder
  ) throws(ImportError) -> [String] {
    var missing: [String] = []
    var misshapen: [String] = []
    for (name, shape) in builder.expected {
      guard let entry = files.entry(name) else {
        missing.append("'\(printable(name))' \(shape)")
        continue
      }
      guard entry.dataType.isFloat else {
        throw ImportError(
          path: path,
          reason: .wrongElementType(tensor: name, found: entry.dataType.rawValue))
      }
      if entry.shape != shape {
        misshapen.append("'\(printable(name))' expected \(shape), found \(entry.shape)")
      }
    }
    guard missing.isEmpty, misshapen.isEmpty else {
      throw ImportError(
        path: path,
        reason: .tensors(
          missing: Array(missing.prefix(5)), misshapen: Array(misshapen.prefix(5)),
          missingCount: missing.count, misshapenCount: misshapen.count))
    }
    let known = Set(builder.expected.map(\.name))
    // Old diffusers versions stored the frozen positions; ours are computed.
    let extra = files.names.filter { !known.contains($0) && builder.computed[$0] == nil }
    guard !extra.isEmpty else { return [] }
    let listed = extra.prefix(5).map { name in
      "'\(printable(name))' \(files.entry(name)?.shape ?? [])"
    }
    let more = extra.count > 5 ? " and \(extra.count - 5) more" : ""
    return [
      "\(printable(path, limit: 400)): \(extra.count) tensors are not used by "
        + "this architecture: \(listed.joined(separator: ", "))\(more)"
    ]
  }
}
