public import MosaicCore

/// What an ONNX model's inputs are cannot be told, so that it cannot be sampled.
public struct ONNXRoleError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case unknownInput(String)
    case twoRoles(String)
    case none(role: String)
    case several(role: String, names: [String])
    case unfit(role: String, String, expected: String)
    case output(String)
    case fixedBatch(input: String)
    case sharedConditioning([String])
    case nullClass(Int, count: Int)
    case noClasses
  }

  public var path: String
  /// Every input with its type.
  public var inputs: [String]
  public var reason: Reason

  public init(path: String, inputs: [String], reason: Reason) {
    self.path = path
    self.inputs = inputs
    self.reason = reason
  }

  public var description: String { "\(printable(path, limit: 400)): \(what)" }

  private var what: String {
    let all = printable(inputs.joined(separator: ", "), limit: 400)
    switch reason {
    case .unknownInput(let name):
      return "has no input '\(printable(name))' to give a role; its inputs are \(all)"
    case .twoRoles(let name): return "input '\(printable(name))' is given two roles"
    case .none(let role):
      return "none of its inputs can be the \(role); its inputs are \(all)"
        + (role == "sample" ? ", and only networks that denoise one can be sampled" : "")
    case .several(let role, let names):
      return "its \(role) may be \(names.map { "'\(printable($0))'" }.joined(separator: " or "));"
        + " say which with --input \(role)=NAME; its inputs are \(all)"
    case .unfit(let role, let name, let expected):
      return
        "input '\(printable(name))' cannot be the \(role), which is \(expected); its inputs are"
        + " \(all)"
    case .output(let type):
      return "its output \(printable(type)) is no prediction for its sample; its inputs are \(all)"
    case .fixedBatch(let input):
      return
        "the batch of '\(printable(input))' is fixed, and its samples are not treated alike; export it"
        + " with a dynamic batch axis"
    case .sharedConditioning(let names):
      return "takes \(names.map { "'\(printable($0))'" }.joined(separator: ", ")) for all samples"
        + " alike; give their values with --conditioning FILE"
    case .nullClass(let number, let count):
      return "has no class \(number) to stand for none; its classes are 0..<\(count)"
    case .noClasses: return "takes no classes, so none can stand for none"
    }
  }

  public var exitStatus: ExitStatus {
    switch reason {
    case .none, .output, .fixedBatch: .unsupported
    default: .usage
    }
  }
}
