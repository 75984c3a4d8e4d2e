public import MosaicCore

/// A checkpoint cannot become a graph.
public struct ImportError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case notACheckpoint(String)
    case noConfig
    case badJSON(String)
    case unsupportedClass(found: String, supported: [String])
    case badField(field: String, expected: String, found: String)
    case unsupportedField(field: String, found: String, supported: String)
    case noScheduler
    case tensors(missing: [String], misshapen: [String], missingCount: Int, misshapenCount: Int)
    case wrongElementType(tensor: String, found: String)
    case `internal`(String)
  }

  public var path: String
  public var reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(printable(path, limit: 400)): \(explanation)" }

  private var explanation: String {
    switch reason {
    case .notACheckpoint(let why): "not a checkpoint: \(why)"
    case .noConfig:
      "holds no config.json; give the diffusers directory of the model or of its network"
    case .badJSON(let why): why
    case .unsupportedClass(let found, let supported):
      "class \(printable(found)) is not supported; known are \(supported.joined(separator: ", "))"
    case .badField(let field, let expected, let found):
      "'\(printable(field))' must be \(expected), found \(printable(found))"
    case .unsupportedField(let field, let found, let supported):
      "'\(printable(field))' = \(printable(found)) is not supported; supported: \(supported)"
    case .noScheduler:
      "holds no scheduler/scheduler_config.json; name one with --scheduler FILE"
    case .tensors(let missing, let misshapen, let missingCount, let misshapenCount):
      [
        ImportError.list(
          missingCount == 1 ? "tensor missing" : "tensors missing", missing, of: missingCount),
        ImportError.list("of another shape", misshapen, of: misshapenCount),
      ].compactMap { $0 }.joined(separator: "; ")
        + "; the weights do not belong to this config.json"
    case .wrongElementType(let tensor, let found):
      "tensor '\(printable(tensor))' holds \(found), expected floats"
    case .internal(let what): "internal error: \(what); please report it"
    }
  }

  private static func list(_ title: String, _ names: [String], of count: Int) -> String? {
    guard count > 0 else { return nil }
    let more = count > names.count ? " and \(count - names.count) more" : ""
    return "\(count) \(title): \(names.joined(separator: ", "))\(more)"
  }

  public var exitStatus: ExitStatus {
    switch reason {
    case .notACheckpoint, .badJSON, .badField, .tensors, .wrongElementType: .badData
    case .noConfig: .missingInput
    case .unsupportedClass, .unsupportedField: .unsupported
    case .noScheduler: .badConfiguration
    case .internal: .internalError
    }
  }
}
