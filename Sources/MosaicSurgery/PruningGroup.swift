public import MosaicIR

/// Coupled axes whose units go together: the weights that make them, what they pass through, and
/// the weights that take them up.
public struct PruningGroup: Sendable, Equatable {
  /// What one unit is.
  public enum Kind: String, Sendable {
    case heads
    case neurons
    case channels
  }

  /// An axis of a value that loses elements with the units.
  public struct Axis: Sendable, Equatable {
    public var value: ValueID
    public var axis: Int
    public var places: UnitPlaces

    public init(value: ValueID, axis: Int, places: UnitPlaces) {
      self.value = value
      self.axis = axis
      self.places = places
    }
  }

  /// A weight that takes units up, and where they are among its columns.
  public struct Consumption: Sendable, Equatable {
    public var consumer: GroupConsumer
    /// Among the columns of the consumer's matrix.
    public var places: UnitPlaces

    public init(consumer: GroupConsumer, places: UnitPlaces) {
      self.consumer = consumer
      self.places = places
    }
  }

  /// The first consumer's node.
  public var name: String
  public var kind: Kind
  public var unitCount: Int
  /// Weights that lose rows (axis 0): those that make the units, their biases, and parameters of
  /// norms on the way.
  public var rows: [Axis]
  /// The weights that lose columns and are refitted.
  public var consumptions: [Consumption]
  /// Axes of computed values.
  public var axes: [Axis]
  /// Multiply-accumulates a sample that go with one unit.
  public var macsPerUnit: Int
  /// Units that must stay: none where all that is done with the consumers' results is to add them to
  /// a residual, so that the whole sub-layer can go and leave its bias.
  public var leastUnits: Int
  /// Norms take statistics over this many equal runs of the units, so as many are removed from each
  /// of them; 1 where there is no such norm.
  public var balance: Int

  public init(
    name: String, kind: Kind, unitCount: Int, rows: [Axis], consumptions: [Consumption],
    axes: [Axis], macsPerUnit: Int, leastUnits: Int = 1, balance: Int = 1
  ) {
    precondition(!consumptions.isEmpty && balance > 0 && unitCount.isMultiple(of: balance))
    self.name = name
    self.kind = kind
    self.unitCount = unitCount
    self.rows = rows
    self.consumptions = consumptions
    self.axes = axes
    self.macsPerUnit = macsPerUnit
    self.leastUnits = leastUnits
    self.balance = balance
  }
}

extension PruningGroup {
  /// Multiply-accumulates a sample that go with all units; `Int.max` where that is larger.
  public var macs: Int {
    let (product, overflow) = unitCount.multipliedReportingOverflow(by: macsPerUnit)
    return overflow ? .max : product
  }
}

// What a group with one consumer is asked.
extension PruningGroup {
  public var producers: [ValueID] { rows.map(\.value) }
  public var consumer: ValueID { consumptions[0].consumer.weight }
  /// What the mean error is put into; nil where the consumer has no bias.
  public var consumerBias: ValueID? { consumptions[0].consumer.bias }
  /// Columns of the consumer that make one unit.
  public var unitSize: Int { consumptions[0].places.unitSize }
  /// Columns of the consumer that are units of this group.
  public var width: Int { unitCount * unitSize }

  /// Whether the rows of what makes the units, and the columns of the one weight that takes them up,
  /// are the units one after the other and nothing else, so that units can change places.
  public func isPlain(in graph: Graph) -> Bool {
    let places = UnitPlaces(block: unitSize)
    return balance == 1 && consumptions.count == 1 && consumptions[0].places == places
      && graph[consumer].type.shape.dropFirst().first == Dimension(width)
      && rows.allSatisfy {
        $0.places == places && graph[$0.value].type.shape.first == Dimension(width)
      }
  }
}

/// A product or convolution that takes up units of one group or several, as a matrix of
/// [outputs, columns].
public struct GroupConsumer: Sendable, Hashable {
  /// The node.
  public var name: String
  public var weight: ValueID
  public var bias: ValueID?
  /// Columns of the matrix: input channels times the taps of a convolution's window.
  public var columns: Int
  /// Columns that each input channel has.
  public var taps: Int

  public init(name: String, weight: ValueID, bias: ValueID?, columns: Int, taps: Int = 1) {
    self.name = name
    self.weight = weight
    self.bias = bias
    self.columns = columns
    self.taps = taps
  }
}

extension [PruningGroup] {
  /// The consumers of all groups, each once, in the order of the groups.
  public var consumers: [GroupConsumer] {
    var seen: Set<ValueID> = []
    return flatMap(\.consumptions).map(\.consumer).filter { seen.insert($0.weight).inserted }
  }
}

/// An axis with producers and a consumer that cannot be pruned, and why.
public struct PinnedAxis: Sendable, Hashable {
  public var name: String
  public var extent: Int
  public var reason: String
}
