import ArgumentParser
import MosaicBundle
import MosaicCore
import MosaicImport
import MosaicLowering

/// What an ONNX model needs beside its path to be sampled, and a bundle made of one to be run.
struct NetworkArguments: ParsableArguments {
  @Option(
    name: .customLong("input"),
    help: ArgumentHelp(
      "Of an ONNX model: which input is the sample, timestep, class or conditioning, where names and "
        + "shapes do not tell; repeat it.", valueName: "role=name"))
  var inputs: [InputRole] = []

  @Option(
    name: .customLong("shape"),
    help: "Of an ONNX model: the shape of an input, as sample=2,4,32,32; repeat it.")
  var shapes: [InputShape] = []

  @Option(
    help: ArgumentHelp(
      "Values of a network's other inputs, tensors [rows, …] by their names; samples take rows in "
        + "turn, guidance the row of null.NAME.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var conditioning: String?

  @Option(help: "Of an ONNX model: the class that stands for none, for guidance.")
  var nullClass: Int?

  @Option(help: "Of an ONNX model: what it takes is the process' timestep times this.")
  var timestepScale: Double?

  func validate() throws {
    if let timestepScale, !(timestepScale > 0 && timestepScale.isFinite) {
      throw ValidationError("--timestep-scale must be over 0, found \(timestepScale).")
    }
    for role in [InputRole.Role.sample, .timestep, .class]
    where inputs.count(where: { $0.role == role }) > 1 {
      throw ValidationError("--input \(role.rawValue) is given twice.")
    }
  }

  /// Reads an ONNX model as a network that can be sampled.
  ///
  /// - Throws: What the importer does, and `UnsupportedNetwork` for what the runtime cannot run.
  func load(_ path: String, _ options: CheckpointOptions) throws -> ImportedModel {
    try refuseCurableFile(path)
    var importer = ONNXImporter(path: path)
    importer.schedulerPath = options.scheduler
    importer.sampler = options.sampler
    importer.nullClass = nullClass
    importer.timestepScale = timestepScale
    importer.conditioningFile = try conditioningFile
    importer.roles = ONNXRoleNames(
      sample: name(of: .sample), timestep: name(of: .timestep), classes: name(of: .class),
      conditioning: inputs.filter { $0.role == .conditioning }.map(\.name))
    for shape in shapes {
      guard importer.shapes.updateValue(shape.extents, forKey: shape.name) == nil else {
        throw UsageError(
          description: "--shape: '\(printable(shape.name))' is given twice")
      }
    }
    let imported = try importer.load()
    let problems = imported.graph.loweringProblems()
    guard problems.isEmpty else { throw UnsupportedNetwork(path: path, problems: problems) }
    return imported
  }

  var conditioningFile: SafetensorsReader? {
    get throws { try conditioning.map { try SafetensorsReader(path: $0) } }
  }

  /// - Throws: `UsageError` where something is said here that `kind` does not take.
  func refuse(for kind: String, at path: String, except allowed: Set<String> = [])
    throws(UsageError)
  {
    let given = [
      ("--input", !inputs.isEmpty), ("--shape", !shapes.isEmpty),
      ("--conditioning", conditioning != nil), ("--null-class", nullClass != nil),
      ("--timestep-scale", timestepScale != nil),
    ]
    guard let flag = given.first(where: { $0.1 && !allowed.contains($0.0) })?.0 else { return }
    throw UsageError(
      description: "\(printable(path, limit: 400)): is \(kind), which takes no \(flag)")
  }

  /// What of it decides the bytes of a conversion, in normal form and without paths.
  var arguments: [String] {
    var arguments: [String] = []
    for input in inputs { arguments += ["--input", "\(input.role.rawValue)=\(input.name)"] }
    for shape in shapes {
      let extents = shape.extents.map(\.description).joined(separator: ",")
      arguments += ["--shape", "\(shape.name)=\(extents)"]
    }
    if let nullClass { arguments += ["--null-class", "\(nullClass)"] }
    if let timestepScale { arguments += ["--timestep-scale", "\(timestepScale)"] }
    return arguments
  }

  private func name(of role: InputRole.Role) -> String? {
    inputs.first { $0.role == role }?.name
  }
}

/// The role of one input of an ONNX model: timestep=t.
struct InputRole: ExpressibleByArgument {
  enum Role: String, CaseIterable {
    case sample, timestep, `class`, conditioning
  }

  var role: Role
  var name: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, let role = Role(rawValue: String(parts[0])) else {
      return nil
    }
    self.role = role
    name = String(parts[1])
  }
}

/// A network has operations that the runtime does not.
struct UnsupportedNetwork: MosaicError, Equatable {
  var path: String
  var problems: [String]

  var description: String {
    let shown = problems.prefix(20).map { printable($0, limit: 400) }
    let more = problems.count > 20 ? ["and \(problems.count - 20) more"] : []
    return "\(printable(path, limit: 400)): "
      + "\(problems.count == 1 ? "1 node" : "\(problems.count) nodes") cannot be run: "
      + (shown + more).joined(separator: "; ")
  }

  var exitStatus: ExitStatus { .unsupported }
}
