internal import MosaicIR

/// The elements of a graph's axes, joined where the operations say that they come and go together.
///
/// Knows operations only by their axis rules, and no model by its name. Elements are looked at only
/// along axes that reach both the rows of some weight and the columns of another.
struct AxisCoupling {
  /// A weight's axis, as a node uses it.
  struct Use {
    var slot: Int
    var node: Int
  }

  private(set) var slots: AxisSlots
  private(set) var sets: ElementSets
  /// By number; 0 is none.
  private(set) var reasons = [""]
  private var reasonNumbers: [String: Int] = [:]
  /// Weights whose rows make an axis, and the biases beside them.
  private(set) var producers: [Use] = []
  /// Weights whose columns sum one away.
  private(set) var consumers: [Use] = []
  /// Axes over whose equal runs statistics are taken, and how many runs.
  private(set) var balances: [(slot: Int, runs: Int)] = []
  private let graph: Graph

  /// More elements are not looked at: a bound on memory, far above any network's.
  private static let elementLimit = 1 << 26

  init(_ graph: Graph) {
    self.graph = graph
    slots = AxisSlots(graph)
    sets = ElementSets(count: 0)
    let rules = graph.nodes.map { node in
      node.operation.axisRules(
        for: node.inputs.map { graph[$0].type }, outputs: node.outputs.map { graph[$0].type })
    }
    let isReached = axesBetweenWeights(rules)
    slots.numberElements(upTo: Self.elementLimit) { isReached[$0] }
    sets = ElementSets(count: slots.elementCount)

    for slot in 0..<slots.count where slots.extent(of: slot) == 1 {
      pin(slot, "it is cut into single elements")
    }
    pin(graph.inputs, "it is an input of the network")
    pin(graph.outputs, "it is the network's output")
    for (number, node) in graph.nodes.enumerated() {
      for rule in rules[number] where rule.role != .factors { apply(rule, of: node, number) }
    }
    // Which factor of a product may lose elements shows once all else is known.
    for (number, node) in graph.nodes.enumerated() {
      for rule in rules[number] where rule.role == .factors { chooseFactor(rule, of: node) }
    }
  }

  /// Whether axes reach both the rows of a matrix and the columns of another, taken whole.
  private func axesBetweenWeights(_ rules: [[AxisRule]]) -> [Bool] {
    var joined = ElementSets(count: slots.count)
    var made: Set<Int> = []
    var taken: Set<Int> = []
    for (node, rules) in zip(graph.nodes, rules) {
      for rule in rules {
        let own = rule.axes.map { slots.slot($0, of: node) }
        guard let first = own.first else { continue }
        for slot in own.dropFirst() { joined.unite(first, slot) }
        for slot in own {
          let value = graph[slots.value(of: slot)]
          guard value.origin == .weight, value.type.rank >= 2 else { continue }
          if rule.role == .produces { made.insert(slot) }
          if rule.role == .contracts { taken.insert(slot) }
        }
      }
    }
    let roots = Set(made.map { joined.root(of: $0) })
      .intersection(taken.map { joined.root(of: $0) })
    return (0..<slots.count).map { roots.contains(joined.root(of: $0)) }
  }

  // MARK: Rules

  private mutating func apply(_ rule: AxisRule, of node: Graph.Node, _ number: Int) {
    let own = rule.axes.map { slots.slot($0, of: node) }
    let weights = own.filter { graph[slots.value(of: $0)].origin == .weight }
    let uses = weights.map { Use(slot: $0, node: number) }
    // Where units may lie along a weight; elsewhere they could not be taken out.
    var place = 0
    switch rule.role {
    case .pinned(let reason):
      return own.forEach { pin($0, reason) }
    case .factors: return
    case .passes: break
    case .balanced(let runs): balances += own.map { ($0, runs) }
    case .produces: producers += uses
    case .contracts:
      consumers += uses
      place = 1
    }
    if weights.isEmpty, rule.role == .produces || rule.role == .contracts {
      own.forEach { pin($0, "a product of values sums over it") }
    }
    for slot in weights where slots.axis(of: slot) != place {
      let name = graph[slots.value(of: slot)].name
      pin(slot, "'\(name)' has it along axis \(slots.axis(of: slot))")
    }
    unite(rule, own)
  }

  private mutating func unite(_ rule: AxisRule, _ own: [Int]) {
    guard own.allSatisfy({ slots.elements(of: $0) != nil }) else {
      return own.forEach { pin($0, "its extent is not fixed") }
    }
    guard let first = rule.axes.first, let whole = slots.elements(of: own[0]) else { return }
    let count = rule.count ?? whole.count / first.block
    for place in 0..<count {
      let anchor = whole.lowerBound + first.start + place * first.block
      for (axis, slot) in zip(rule.axes, own) {
        guard let elements = slots.elements(of: slot) else { continue }
        let start = elements.lowerBound + axis.start + place * axis.block
        precondition(start + axis.block <= elements.upperBound, "a rule leaves its axis")
        for element in start..<start + axis.block { sets.unite(anchor, element) }
      }
    }
  }

  /// Joins a product with the outermost of its factors that nothing else pins: the heads of
  /// [heads, width].
  private mutating func chooseFactor(_ rule: AxisRule, of node: Graph.Node) {
    let own = rule.axes.map { slots.slot($0, of: node) }
    let elements = own.compactMap { slots.elements(of: $0) }
    guard elements.count == own.count, let product = elements.first else {
      return own.forEach { pin($0, "a reshape folds it") }
    }
    let factors = Array(elements.dropFirst())
    let isFree = factors.map { factor in
      factor.count > 1 && factor.allSatisfy { sets.reason(of: $0) == 0 }
    }
    guard let chosen = isFree.firstIndex(of: true) else {
      var reason = 0
      for factor in factors {
        for element in factor where reason == 0 { reason = sets.reason(of: element) }
      }
      return own.forEach { pin($0, reason > 0 ? reasons[reason] : "a reshape folds it") }
    }
    let inner = factors[(chosen + 1)...].reduce(1) { $0 * $1.count }
    let outer = factors[..<chosen].reduce(1) { $0 * $1.count }
    let extent = factors[chosen].count
    for block in 0..<outer {
      for place in 0..<extent {
        let start = product.lowerBound + (block * extent + place) * inner
        for element in start..<start + inner {
          sets.unite(factors[chosen].lowerBound + place, element)
        }
      }
    }
    for index in factors.indices where index != chosen {
      pin(own[index + 1], "a reshape folds it")
    }
  }

  // MARK: Pins

  private mutating func pin(_ values: [ValueID], _ reason: String) {
    for value in values {
      for axis in 0..<graph[value].type.rank { pin(slots.slot(value, axis: axis), reason) }
    }
  }

  private mutating func pin(_ slot: Int, _ reason: String) {
    guard let elements = slots.elements(of: slot) else { return }
    let number = reasonNumbers[reason] ?? reasons.count
    if number == reasons.count {
      reasons.append(reason)
      reasonNumbers[reason] = number
    }
    for element in elements { sets.pin(element, reason: number) }
  }
}
