internal import MosaicIR

/// Judges families of units: which are groups, and why others stay.
struct GroupSearch {
  enum Finding {
    case group(PruningGroup)
    case pinned(String)
  }

  let families: [UnitFamilies.Family]
  private let graph: Graph
  private let coupling: AxisCoupling
  /// By axis.
  private let consumers: [Int: [AxisCoupling.Use]]
  private let producers: [Int: [AxisCoupling.Use]]
  private let balances: [Int: [Int]]
  /// The nodes that read or give each value.
  private let nodes: [ValueID: [Int]]
  /// What the state reaches.
  private let dependent: Set<ValueID>

  init(_ graph: Graph, state: ValueID) {
    self.graph = graph
    coupling = AxisCoupling(graph)
    families = UnitFamilies(coupling).families
    consumers = Dictionary(grouping: coupling.consumers, by: \.slot)
    producers = Dictionary(grouping: coupling.producers, by: \.slot)
    balances = Dictionary(grouping: coupling.balances, by: \.slot).mapValues { $0.map(\.runs) }
    var nodes: [ValueID: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for value in Set(node.inputs + node.outputs) { nodes[value, default: []].append(index) }
    }
    self.nodes = nodes
    dependent = graph.values(dependingOn: state)
  }

  /// The weights whose columns a family is, by their nodes.
  func consumers(of family: UnitFamilies.Family) -> [AxisCoupling.Use] {
    family.axes.flatMap { consumers[$0.slot] ?? [] }.sorted { $0.node < $1.node }
  }

  /// Whether rows of a matrix make a family.
  func hasProducer(_ family: UnitFamilies.Family) -> Bool {
    family.axes.contains { axis in
      producers[axis.slot] != nil && graph[coupling.slots.value(of: axis.slot)].type.rank >= 2
    }
  }

  func group(of family: UnitFamilies.Family) -> Finding {
    let taken = consumers(of: family)
    let made = family.axes.flatMap { producers[$0.slot] ?? [] }.map(\.node)
    if reaches(from: taken.map(\.node), any: made) {
      return .pinned(
        "a residual stream: \(Set(taken.map(\.node)).count) weights take it up, and what they give is"
          + " added to it")
    }
    guard family.axes.contains(where: { dependent.contains(coupling.slots.value(of: $0.slot)) })
    else { return .pinned("it does not depend on the state, only on timestep and condition") }
    if let reason = family.pin { return .pinned(reason) }
    if family.unitCount == 1 { return .pinned("it is a single unit") }
    guard Set(taken.map(\.slot)).count == taken.count else {
      return .pinned("several products share the weight that takes it up")
    }
    var axes: [PruningGroup.Axis] = []
    for axis in family.axes {
      let value = coupling.slots.value(of: axis.slot)
      guard let places = axis.places else {
        return .pinned("its units do not lie regularly in '\(graph[value].name)'")
      }
      guard losesElements(axis.slot, taken) else {
        return .pinned("'\(graph[value].name)' has elements of its own for each of its units")
      }
      axes.append(
        PruningGroup.Axis(
          value: value, axis: coupling.slots.axis(of: axis.slot), places: places))
    }
    guard let balance = balance(of: family) else {
      return .pinned("the groups of a group norm hold other channels too")
    }
    guard balance < family.unitCount else {
      return .pinned("a group norm takes its mean over single units")
    }
    return .group(group(family, axes, taken, balance))
  }

  /// Whether elements of an axis can go: of computed values any, of weights rows, and columns that are
  /// taken up; of inputs none, as of a mask that has heads.
  private func losesElements(_ slot: Int, _ taken: [AxisCoupling.Use]) -> Bool {
    switch graph[coupling.slots.value(of: slot)].origin {
    case .node: true
    case .input: false
    case .weight: coupling.slots.axis(of: slot) == 0 || taken.contains { $0.slot == slot }
    }
  }

  private func group(
    _ family: UnitFamilies.Family, _ axes: [PruningGroup.Axis], _ taken: [AxisCoupling.Use],
    _ balance: Int
  ) -> PruningGroup {
    let consumptions = taken.compactMap { use -> PruningGroup.Consumption? in
      let node = graph.nodes[use.node]
      let weight = coupling.slots.value(of: use.slot)
      let shape = graph[weight].type.sampleShape
      let taps = shape.dropFirst(2).reduce(1, *)
      guard let axis = axes.first(where: { $0.value == weight && $0.axis == 1 }) else { return nil }
      return PruningGroup.Consumption(
        consumer: GroupConsumer(
          name: node.name, weight: weight, bias: node.inputs.count > 2 ? node.inputs[2] : nil,
          columns: shape[1] * taps, taps: taps),
        places: axis.places.scaled(by: taps))
    }
    let isBranch = taken.allSatisfy { use in
      graph.nodes[use.node].operation is Linear && graph.residualSum(behind: use.node) != nil
    }
    let isConvolved = (taken + family.axes.flatMap { producers[$0.slot] ?? [] })
      .contains { graph[coupling.slots.value(of: $0.slot)].type.rank > 2 }
    return PruningGroup(
      name: graph.nodes[taken[0].node].name,
      kind: isConvolved
        ? .channels : consumptions.contains { $0.places.block > 1 } ? .heads : .neurons,
      unitCount: family.unitCount,
      rows: axes.filter { graph[$0.value].origin == .weight && $0.axis == 0 },
      consumptions: consumptions, axes: axes.filter { graph[$0.value].origin == .node },
      macsPerUnit: macsPerUnit(axes), leastUnits: isBranch && balance == 1 ? 0 : balance,
      balance: balance)
  }

  /// Over how many equal runs of units norms take statistics; nil where a run holds anything else.
  private func balance(of family: UnitFamilies.Family) -> Int? {
    var balance = 1
    for axis in family.axes {
      for runs in balances[axis.slot] ?? [] {
        guard axis.count == coupling.slots.extent(of: axis.slot), axis.places?.starts == [0],
          family.unitCount.isMultiple(of: runs)
        else { return nil }
        balance = leastCommonMultiple(balance, runs)
      }
    }
    return family.unitCount.isMultiple(of: balance) ? balance : nil
  }

  private func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    return a / x * b
  }

  /// What the nodes around these axes cost more than with one unit less.
  private func macsPerUnit(_ axes: [PruningGroup.Axis]) -> Int {
    var fewer: [ValueID: TensorType] = [:]
    for axis in axes {
      fewer[axis.value, default: graph[axis.value].type].shape[axis.axis].factor -=
        axis.places.unitSize
    }
    return Set(fewer.keys.flatMap { nodes[$0] ?? [] }).reduce(0) { sum, index in
      let node = graph.nodes[index]
      let less = node.operation.cost(
        of: node.inputs.map { fewer[$0] ?? graph[$0].type },
        outputs: node.outputs.map { fewer[$0] ?? graph[$0].type })
      let (next, overflow) = sum.addingReportingOverflow(graph.cost(of: node).macs - less.macs)
      return overflow ? .max : next
    }
  }

  /// Whether what some nodes give comes, through any others, to one of `targets`.
  private func reaches(from sources: [Int], any targets: [Int]) -> Bool {
    guard let first = sources.min(), let last = targets.max(), first < last else { return false }
    let targets = Set(targets)
    var reached = Set(sources.flatMap { graph.nodes[$0].outputs })
    for index in (first + 1)...last where !reached.isDisjoint(with: graph.nodes[index].inputs) {
      if targets.contains(index) { return true }
      reached.formUnion(graph.nodes[index].outputs)
    }
    return false
  }
}
