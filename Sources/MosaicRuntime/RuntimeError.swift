public import MosaicCore

/// A network cannot be run as asked.
public struct RuntimeError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case classOutside(Int, count: Int)
    case classesMissing
    case conditioningMissing([String])
    case guidanceUnsupported
    case inputShape(name: String, expected: [Int], found: [Int])
    case nullConditioningMissing
    case startOutside(step: Int, steps: Int)
    case startUnsupported
    case nonFinite(step: Int, steps: Int, timestep: Double, operation: String? = nil)
    case planForward(step: Int, isPlanned: Bool)
    case planLength(plan: Int, steps: Int)
    case unknownInput(String)
    case unknownValues(unit: String, step: Int, order: Int, known: Int)
  }

  public var reason: Reason

  public init(_ reason: Reason) { self.reason = reason }

  public var description: String {
    switch reason {
    case .classOutside(let found, let count):
      "class \(found) is outside 0..<\(count), which the network knows"
    case .classesMissing: "the network takes a class for every sample; give --class"
    case .conditioningMissing(let names):
      "the network takes \(names.map { "'\(printable($0))'" }.joined(separator: ", ")) for every "
        + "sample; give their values with --conditioning FILE"
    case .nullConditioningMissing:
      "guidance needs what stands for no condition: a tensor "
        + "'\(Conditioning.nullPrefix)NAME' beside each input's own in the file of --conditioning"
    case .guidanceUnsupported:
      "guidance needs a class that stands for none, which this network does not have; "
        + "leave --guidance out"
    case .inputShape(let name, let expected, let found):
      "'\(printable(name))' must be of shape \(expected), found \(found)"
    case .nonFinite(let step, let steps, let timestep, let operation):
      "the network's output at step \(step + 1) of \(steps) "
        + "(timestep \(timestepText(timestep))) is not finite"
        + (operation.map { "; the first result that is not is that of '\(printable($0))'" } ?? "")
    case .planForward(let step, let isPlanned):
      "the plan \(isPlanned ? "runs" : "leaves out") the network at step \(step + 1), whose output the "
        + "sampler \(isPlanned ? "does not use" : "uses"); convert the bundle again"
    case .planLength(let plan, let steps):
      "the plan is for \(plan) steps, and the run has \(steps)"
    case .startOutside(let step, let steps):
      "step \(step + 1) to start at is outside 1...\(steps), which the run has"
    case .startUnsupported:
      "this sampler looks back at the step before, so it starts at the first one; take another, as "
        + "--sampler ddim"
    case .unknownInput(let name):
      "the network's input '\(printable(name))' has no role here; it can be checked, not sampled"
    case .unknownValues(let unit, let step, let order, let known):
      "step \(step + 1) makes '\(printable(unit))' of \(order + 1) earlier values where \(known) are "
        + "known; the plan is not one for this network"
    }
  }

  public var exitStatus: ExitStatus {
    switch reason {
    case .classOutside, .classesMissing, .conditioningMissing, .guidanceUnsupported,
      .nullConditioningMissing, .startOutside:
      .usage
    case .inputShape, .nonFinite, .planForward, .planLength, .unknownValues: .badData
    case .unknownInput, .startUnsupported: .unsupported
    }
  }
}
