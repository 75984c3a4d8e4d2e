/// What the user asks for, in one of four units.
public enum Budget: Sendable, Equatable {
  /// The share of the dense run's multiply-accumulates that may remain, in (0, 1].
  case macs(Double)
  /// Milliseconds that one sample's run may take, above 0.
  case milliseconds(Double)
  /// Bytes that the bundle's stored tensors may take, above 0.
  case bytes(Int)
  /// The largest mean squared error per element of the final sample that may be predicted, 0 or
  /// more. The schedule is then the cheapest one in multiply-accumulates.
  case error(Double)

  /// Checks that it is a budget at all.
  ///
  /// - Throws: `AllocationError.budgetOutOfRange` or `.badBudget`.
  public func validate() throws(AllocationError) {
    switch self {
    case .macs(let share):
      guard share > 0, share <= 1 else { throw .budgetOutOfRange(share) }
    case .milliseconds(let time):
      guard time > 0, time.isFinite else { throw .badBudget(self) }
    case .bytes(let count):
      guard count > 0 else { throw .badBudget(self) }
    case .error(let error):
      guard error >= 0, error.isFinite else { throw .badBudget(self) }
    }
  }

  /// The budget in words: "a budget of 160.0 ms a sample".
  public var text: String {
    if case .error = self { return "a final error of \(amount)" }
    return "a budget of \(amount)"
  }

  /// How much: "160.0 ms a sample".
  public var amount: String {
    switch self {
    case .macs(let share): "\(share) of the dense cost"
    case .milliseconds(let time): "\(time) ms a sample"
    case .bytes(let count): "\(count) bytes"
    case .error(let error): "\(error) or less"
    }
  }

  /// Of the dense run's multiply-accumulates; nil in other units.
  public var share: Double? {
    if case .macs(let share) = self { share } else { nil }
  }
}
