internal import MosaicCore
internal import MosaicIR

/// Which input of a network is what, as a user says it.
public struct ONNXRoleNames: Sendable, Equatable {
  public var sample: String?
  public var timestep: String?
  public var classes: String?
  public var conditioning: [String]

  public init(
    sample: String? = nil, timestep: String? = nil, classes: String? = nil,
    conditioning: [String] = []
  ) {
    self.sample = sample
    self.timestep = timestep
    self.classes = classes
    self.conditioning = conditioning
  }

  var all: [String] { [sample, timestep, classes].compactMap { $0 } + conditioning }
}

/// Which input of a network is what.
struct ONNXRoles {
  var sample: ValueID
  var timestep: ValueID
  /// An input that is the number of a table's row, where no other says what is to be denoised.
  var classes: ValueID?
  var conditioning: [ValueID]
}

extension ONNXNetwork {
  /// Names that diffusers and exporters give, the likeliest first.
  private static let sampleNames = [
    "sample", "hidden_states", "latent_model_input", "latent_sample", "latents", "latent", "x",
  ]
  private static let timestepNames = ["timestep", "timesteps", "time_step", "t", "time", "sigma"]

  /// Finds roles by what was said, else by name, else by shape.
  ///
  /// - Throws: `ONNXRoleError`.
  func roles(_ names: ONNXRoleNames, path: String) throws(ONNXRoleError) -> ONNXRoles {
    for name in names.all {
      guard graph.inputs.contains(where: { graph[$0].name == name }) else {
        throw error(.unknownInput(name), path)
      }
      guard names.all.count(where: { $0 == name }) == 1 else {
        throw error(.twoRoles(name), path)
      }
    }
    let taken = Set(names.all)
    let given = [
      ("sample", names.sample, isSample), ("timestep", names.timestep, isTimestep),
    ]
    for (role, name, fits) in given {
      guard let name, let input = graph.inputs.first(where: { graph[$0].name == name }),
        !fits(input)
      else { continue }
      throw error(.unfit(role: role, name, expected: Self.expected(role)), path)
    }
    let sample = try find(
      "sample", names.sample, Self.sampleNames, taken, path, where: { isSample($0) })
    let timestep = try find(
      "timestep", names.timestep, Self.timestepNames, taken, path,
      where: { isTimestep($0) && !isClass($0) })
    var others = graph.inputs.filter { $0 != sample && $0 != timestep }
    let classes = others.filter { input in
      names.classes == graph[input].name || (!taken.contains(graph[input].name) && isClass(input))
    }
    if let named = names.classes, let input = classes.first(where: { graph[$0].name == named }),
      !isClass(input)
    {
      throw error(.unfit(role: "class", named, expected: "int [n] that chooses from a table"), path)
    }
    guard others.count == 1, let input = classes.first else {
      others = others.filter { isRead($0) }
      return ONNXRoles(
        sample: sample, timestep: timestep, classes: nil, conditioning: others)
    }
    return ONNXRoles(sample: sample, timestep: timestep, classes: input, conditioning: [])
  }

  /// The rows of the table that an input chooses from.
  func classCount(of input: ValueID) -> Int? {
    let tables = graph.nodes.filter { $0.inputs.contains(input) }.map { node -> Int? in
      switch node.operation {
      case is Gather where node.inputs[0] == input: return rows(of: node.inputs[1])
      case let take as Take where take.axis == 0 && node.inputs[1] == input:
        return rows(of: node.inputs[0])
      default: return nil
      }
    }
    guard let first = tables.first, tables.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  /// The rows of a weight that is a table.
  private func rows(of table: ValueID) -> Int? {
    let value = graph[table]
    return value.origin == .weight && value.type.rank == 2 ? value.type.shape[0].factor : nil
  }

  func error(_ reason: ONNXRoleError.Reason, _ path: String) -> ONNXRoleError {
    let inputs = graph.inputs.map { "'\(printable(graph[$0].name))' \(graph[$0].type)" }
    return ONNXRoleError(path: path, inputs: inputs, reason: reason)
  }

  private func find(
    _ role: String, _ given: String?, _ known: [String], _ taken: Set<String>, _ path: String,
    where fits: (ValueID) -> Bool
  ) throws(ONNXRoleError) -> ValueID {
    func input(_ name: String) -> ValueID? { graph.inputs.first { graph[$0].name == name } }
    if let found = given.flatMap(input) { return found }
    let free = graph.inputs.filter { !taken.contains(graph[$0].name) && fits($0) }
    for name in known {
      if let found = input(name), free.contains(found) { return found }
    }
    guard let first = free.first else { throw error(.none(role: role), path) }
    guard free.count == 1 else {
      throw error(
        .several(role: role, names: free.map { graph[$0].name }), path)
    }
    return first
  }

  private static func expected(_ role: String) -> String {
    role == "sample"
      ? "floats [n, channels, height, width] or [n, tokens, channels], as the output"
      : "one number a sample"
  }

  /// Floats with the output's shape but for channels.
  private func isSample(_ input: ValueID) -> Bool {
    let type = graph[input].type
    guard let output = graph.outputs.first.map({ graph[$0].type }), type.element.isFloat,
      type.isBatched, type.rank == output.rank
    else { return false }
    return type.rank == 4
      ? type.shape[2...] == output.shape[2...] : type.rank == 3 && type.shape == output.shape
  }

  private func isTimestep(_ input: ValueID) -> Bool {
    let type = graph[input].type
    return type.rank <= 2 && type.sampleCount == 1 && type.element != .bool
  }

  private func isClass(_ input: ValueID) -> Bool {
    let type = graph[input].type
    return !type.element.isFloat && type.sampleShape.isEmpty && type.isBatched
      && classCount(of: input) != nil
  }

  private func isRead(_ input: ValueID) -> Bool {
    graph.nodes.contains { $0.inputs.contains(input) }
  }
}
