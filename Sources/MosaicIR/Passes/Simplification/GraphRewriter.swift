internal import MosaicCore

/// Writes a graph again, node by node, in canonical operations.
///
/// Rules look back from a node that is about to be written at what was written before it, so one run
/// sees every pattern whole; what a pattern leaves unread is dead.
struct GraphRewriter {
  /// Returns what stands for the results of a node, or nil where the rule has nothing to say.
  typealias Rule = @Sendable (any Operator, [ValueID], String, inout GraphRewriter) -> ValueID?

  private(set) var graph = Graph()
  private(set) var weights: DerivedWeights
  private var producers: [ValueID: Int] = [:]
  private var constants: [ValueID: Tensor?] = [:]
  private var derived: [String: ValueID] = [:]
  /// What the activations' rule has found out.
  var curves: [ValueID: ElementwiseCurve] = [:]
  private let rules: [Rule]

  /// Names of the weights that the graph had before.
  private var reserved: Set<String> = []
  /// How many operations deep each derived weight lies.
  private var depths: [String: Int] = [:]

  /// They are worked out by recursion.
  private static let depth = 64

  /// More elements are never looked at by a rule.
  private static let constantCount = 1 << 14

  init(weights: any WeightSource, rules: [Rule]) {
    self.weights = DerivedWeights(base: weights)
    self.rules = rules
  }

  mutating func rewrite(_ source: Graph) throws(GraphError) -> Graph {
    var places: [ValueID: ValueID] = [:]
    reserved = Set(source.weights.map { source[$0].name })
    for id in source.inputs { places[id] = graph.addInput(source[id].name, source[id].type) }
    func place(_ id: ValueID, _ rewriter: inout GraphRewriter) -> ValueID {
      if let known = places[id] { return known }
      let value = source[id]
      let own = rewriter.graph.addWeight(
        value.name, shape: value.type.shape(batch: 1), element: value.type.element)
      places[id] = own
      return own
    }
    for node in source.nodes {
      let operands = node.inputs.map { place($0, &self) }
      let results = try write(node.operation, operands, name: node.name)
      for (id, result) in zip(node.outputs, results) { places[id] = result }
    }
    graph.outputs = source.outputs.map { place($0, &self) }
    return graph
  }

  /// What stands for an operation's results: another value that equals it, a weight worked out of
  /// weights, or those of a new node.
  mutating func write(
    _ operation: any Operator, _ operands: [ValueID], name: String
  ) throws(GraphError) -> [ValueID] {
    if operands.allSatisfy({ graph[$0].origin == .weight }),
      let results = try derive(operation, operands, name: name)
    {
      return results
    }
    for rule in rules {
      if let result = rule(operation, operands, name, &self) { return [result] }
    }
    return try writePlainly(operation, operands, name: name)
  }

  /// The results of a new node, whatever rules say.
  mutating func writePlainly(
    _ operation: any Operator, _ operands: [ValueID], name: String
  ) throws(GraphError) -> [ValueID] {
    let results = try graph.add(operation, operands, name: name)
    for result in results { producers[result] = graph.nodes.count - 1 }
    return results
  }

  /// The single result of an operation; nil where the operands do not fit it.
  mutating func emit(
    _ operation: any Operator, _ operands: [ValueID], name: String
  ) -> ValueID? {
    (try? write(operation, operands, name: name))?.first
  }

  /// A weight with these elements; one that has them under this name already is that.
  mutating func constant(_ tensor: Tensor, name: String) -> ValueID {
    if let known = derived[name], case .constant(tensor)? = weights.recipes[graph[known].name] {
      return known
    }
    let own = free(name)
    let id = graph.addWeight(own, shape: tensor.shape, element: tensor.element)
    weights.recipes[own] = .constant(tensor)
    derived[name] = id
    return id
  }

  /// A name that no weight has or will have.
  private func free(_ name: String) -> String {
    var own = name
    while reserved.contains(own) || graph.weight(named: own) != nil { own += "'" }
    return own
  }

  private mutating func derive(
    _ operation: any Operator, _ operands: [ValueID], name: String
  ) throws(GraphError) -> [ValueID]? {
    let names = operands.map { graph[$0].name }
    let depth = names.reduce(0) { max($0, depths[$1] ?? 0) } + 1
    guard depth <= GraphRewriter.depth else { return nil }
    let types = try Graph.infer(operation, operands.map { graph[$0].type }, node: name)
    return types.enumerated().map { output, type in
      let attributes = operation.attributes.map { "\($0.name)=\($0.value)" }
      let key = "\(operation.name)(\(names.joined(separator: ", "))){\(attributes)}.\(output)"
      if let known = derived[key] { return known }
      let own = free("\(name).weight")
      let id = graph.addWeight(own, shape: type.shape(batch: 1), element: type.element)
      weights.recipes[own] = .operation(operation, operands: names, output: output)
      derived[key] = id
      depths[own] = depth
      return id
    }
  }
}

// What rules ask.
extension GraphRewriter {
  func type(_ id: ValueID) -> TensorType { graph[id].type }

  /// The node that gives a value.
  func producer(_ id: ValueID) -> Graph.Node? { producers[id].map { graph.nodes[$0] } }

  /// The operation that gives a value, where it is of this kind, with its operands.
  func match<Kind: Operator>(_ id: ValueID, _: Kind.Type) -> (operation: Kind, inputs: [ValueID])? {
    guard let node = producer(id), let operation = node.operation as? Kind else { return nil }
    return (operation, node.inputs)
  }

  /// The operands of the sum, product, ... that gives a value.
  func match(_ id: ValueID, _ function: ElementwiseBinary.Function) -> [ValueID]? {
    guard let found = match(id, ElementwiseBinary.self), found.operation.function == function
    else { return nil }
    return found.inputs
  }

  func isWeight(_ id: ValueID) -> Bool { graph[id].origin == .weight }

  /// A small weight's elements.
  mutating func constant(_ id: ValueID) -> Tensor? {
    if let known = constants[id] { return known }
    let value = graph[id]
    let isSmall = (value.type.count?.factor ?? .max) <= GraphRewriter.constantCount
    let tensor = value.origin == .weight && isSmall ? weights.value(value.name) : nil
    constants[id] = .some(tensor)
    return tensor
  }

  /// The number that all elements of a weight are.
  mutating func uniform(_ id: ValueID) -> Double? {
    guard let numbers = constant(id)?.doubles, let first = numbers.first,
      numbers.allSatisfy({ $0 == first })
    else { return nil }
    return first
  }

  /// A value and the number that it is multiplied by, where `id` is such a product of its type.
  mutating func scaled(_ id: ValueID) -> (value: ValueID, factor: Double)? {
    guard let operands = match(id, .multiply) else { return nil }
    for (value, factor) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      if let number = uniform(factor), type(value) == type(id) { return (value, number) }
    }
    return nil
  }

  mutating func multiply(_ id: ValueID, by factor: Double, name: String) -> ValueID? {
    if factor == 1 { return id }
    let element = type(id).element
    let number = constant(
      Tensor(doubles: [factor], shape: [], as: element),
      name: "constant \(element.rawValue.lowercased()) \(factor)")
    return emit(ElementwiseBinary(.multiply), [id, number], name: name)
  }
}
