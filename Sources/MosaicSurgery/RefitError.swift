public import MosaicCore

/// A consumer's weights cannot be refitted from the statistics given.
public struct RefitError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case shape(weights: Int, outputs: Int, width: Int)
    case units(width: Int, unitSize: Int)
    case noRows
    case notFinite(String)
    case singular(damp: Double)
  }

  /// The pruning group, once a layer that knows it has caught the error.
  public var group: String
  public var reason: Reason

  public init(group: String = "refit", reason: Reason) {
    self.group = group
    self.reason = reason
  }

  public var description: String {
    let name = printable(group)
    return switch reason {
    case .shape(let weights, let outputs, let width):
      "\(name): \(weights) weights are not \(outputs) outputs of the \(width) columns the "
        + "statistics have; analyse this model again"
    case .units(let width, let unitSize):
      "\(name): \(width) columns are not whole units of \(unitSize); analyse this model again"
    case .noRows:
      "\(name): the statistics hold no calibration rows; analyse with at least one sample"
    case .notFinite(let what):
      "\(name): the \(what) hold values that are not finite; check the checkpoint and its precision"
    case .singular(let damp):
      "\(name): the inputs' covariance is singular at damping \(damp); use more samples or more "
        + "damping"
    }
  }

  public var exitStatus: ExitStatus { .badData }
}
