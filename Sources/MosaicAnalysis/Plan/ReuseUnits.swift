internal import MosaicCore
public import MosaicIR

/// The reusable units of a graph, and which of them lie inside others.
public struct ReuseUnits: Sendable {
  public let units: [ReusableUnit]
  /// By unit, the others that need not be computed where it is reused.
  public let within: [[Int]]
  /// Of one forward's value.
  public let elements: [Int]
  /// Of one forward's value.
  let axes: [ChannelAxis]
  /// Of one forward's input of the branch; nil where it has none.
  let inputAxes: [ChannelAxis?]
  /// The same as numbers; 1 and 0 where there is none.
  var inputChannels: [Int] { inputAxes.map { $0?.count ?? 1 } }
  var inputElements: [Int] { inputAxes.map { $0.map { $0.outer * $0.count * $0.inner } ?? 0 } }
  /// By unit, the others whose reuse spares it.
  private let around: [[Int]]

  public init(of graph: Graph, state: ValueID) {
    let units = graph.reusableUnits(state: state)
    self.units = units
    elements = units.map { graph[$0.value].type.sampleCount }
    axes = units.map { ChannelAxis(of: graph[$0.value].type.sampleShape) }
    inputAxes = units.map { $0.input.map { ChannelAxis(of: graph[$0].type.sampleShape) } }
    let within = units.indices.map { unit in
      let isLive = graph.liveNodes(given: [units[unit].value])
      let computed = Set(
        zip(graph.nodes, isLive).filter(\.1).flatMap(\.0.outputs))
      return units.indices.filter { $0 != unit && !computed.contains(units[$0].value) }
    }
    self.within = within
    around = units.indices.map { unit in units.indices.filter { within[$0].contains(unit) } }
  }

  /// Whether a step computes a unit's value.
  func isComputed(_ unit: Int, _ orders: [Int?]) -> Bool {
    orders[unit] == nil && around[unit].allSatisfy { orders[$0] == nil }
  }

  public var names: [String] { units.map(\.name) }

  /// Multiply-accumulates of one sample's forward of `graph`, in which these units may be smaller or
  /// gone, where `orders` says which are reused.
  public func macs(of graph: Graph, orders: [Int?]) -> Int {
    let reused = units.indices.filter { orders[$0] != nil }
    let read = reused.filter { unit in around[unit].allSatisfy { orders[$0] == nil } }
    return graph.macs(
      given: Set(reused.map { units[$0].value }), and: Set(read.compactMap { units[$0].input }))
      + read.reduce(0) { $0 + correctionMacs($1) }
  }

  /// What correcting a reused value by its branch's input takes.
  private func correctionMacs(_ unit: Int) -> Int {
    inputAxes[unit] == nil ? 0 : ForecastModel.rank * (inputElements[unit] + elements[unit])
  }
}
