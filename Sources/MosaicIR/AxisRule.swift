/// Axes of a node's operands whose elements come and go together, and in which part.
///
/// What an operation says of its own axes is all that pruning knows of a network: a union of the
/// rules over a graph gives the groups.
public struct AxisRule: Sendable, Equatable {
  public enum Role: Sendable, Equatable {
    /// Elements go through unchanged.
    case passes
    /// The rows of a weight make the axis.
    case produces
    /// A weight's columns sum the axis away.
    case contracts
    /// The axis keeps its extent, for the reason given.
    case pinned(String)
    /// The first axis is the product of the others, the outermost first: an element of one of them
    /// is a set of elements of the product.
    case factors
    /// As `passes`, but statistics are taken over this many equal runs of the axis, which have to
    /// stay equally long.
    case balanced(Int)
  }

  public enum Operand: Hashable, Sendable {
    case input(Int)
    case output(Int)
  }

  /// An axis of an operand, or a part of it: place u of the rule is the elements
  /// `start + u · block ..< start + (u + 1) · block`.
  public struct Axis: Hashable, Sendable {
    public var operand: Operand
    public var axis: Int
    public var start: Int
    /// Neighbours that only move as one: the size of an attention head.
    public var block: Int

    public static func input(_ index: Int, axis: Int, from start: Int = 0, block: Int = 1) -> Axis {
      Axis(operand: .input(index), axis: axis, start: start, block: block)
    }

    public static func output(_ index: Int, axis: Int, from start: Int = 0, block: Int = 1) -> Axis
    {
      Axis(operand: .output(index), axis: axis, start: start, block: block)
    }
  }

  public var role: Role
  public var axes: [Axis]
  /// Places of the rule; nil for as many as the first axis has.
  public var count: Int?

  public init(_ role: Role, _ axes: [Axis], count: Int? = nil) {
    self.role = role
    self.axes = axes
    self.count = count
  }
}

// Rules that many operations have.
extension AxisRule {
  /// Axes of operands that broadcast to `output` pass where they do not repeat.
  static func passingBroadcast(_ inputs: [TensorType], to output: TensorType) -> [AxisRule] {
    passingBroadcast(inputs.map(\.shape), to: output.shape)
  }

  /// The same for shapes that are the leading axes of the operands.
  static func passingBroadcast(_ inputs: [[Dimension]], to output: [Dimension]) -> [AxisRule] {
    output.indices.map { axis in
      let sources = inputs.enumerated().compactMap { index, shape -> Axis? in
        let own = axis - (output.count - shape.count)
        guard own >= 0, shape[own] == output[axis] else { return nil }
        return .input(index, axis: own)
      }
      return AxisRule(.passes, [.output(0, axis: axis)] + sources)
    }
  }

  /// Every axis keeps its extent.
  static func pinningAll(
    _ reason: String, _ inputs: [TensorType], _ outputs: [TensorType]
  ) -> [AxisRule] {
    let axes =
      inputs.enumerated().flatMap { index, type in
        (0..<type.rank).map { Axis.input(index, axis: $0) }
      }
      + outputs.enumerated().flatMap { index, type in
        (0..<type.rank).map { Axis.output(index, axis: $0) }
      }
    return axes.map { AxisRule(.pinned(reason), [$0]) }
  }

  /// Every axis of the first `inputs` operands passes to the same axis of output 0.
  static func passingAll(inputs: Int = 1, rank: Int, except: Set<Int> = []) -> [AxisRule] {
    (0..<rank).filter { !except.contains($0) }.map { axis in
      AxisRule(.passes, (0..<inputs).map { .input($0, axis: axis) } + [.output(0, axis: axis)])
    }
  }

  /// A convolution without groups: channels of x [n, c, ...] meet the columns of w [o, c, ...], whose
  /// rows make those of y.
  static func convolution(_ inputs: [TensorType]) -> [AxisRule] {
    let bias: [Axis] = inputs.count > 2 ? [.input(2, axis: 0)] : []
    return [
      AxisRule(.passes, [.input(0, axis: 0), .output(0, axis: 0)]),
      AxisRule(.contracts, [.input(0, axis: 1), .input(1, axis: 1)]),
      AxisRule(.produces, [.output(0, axis: 1), .input(1, axis: 0)] + bias),
    ]
      + (2..<inputs[0].rank).flatMap { axis in
        [Axis.input(0, axis: axis), .input(1, axis: axis), .output(0, axis: axis)].map {
          AxisRule(.pinned("a convolution slides along it"), [$0])
        }
      }
  }
}
