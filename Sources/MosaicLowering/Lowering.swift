public import MosaicBundle
public import MosaicIR

/// A graph as the runtime runs it, with the way back to the graph's weights and nodes.
public struct LoweredGraph: Sendable {
  public var program: Program
  /// The graph's weight behind each of the program's.
  public var weights: [ValueID]
  /// The instruction that does each node's work, by the node's first result: names may repeat. Nodes
  /// without one are views.
  public var instructions: [ValueID: Int]
}

/// A graph has a form that the runtime has no instruction for.
public struct LoweringError: Error, Sendable, CustomStringConvertible {
  public var node: String
  public var reason: String

  public init(node: String, reason: String) {
    self.node = node
    self.reason = reason
  }

  public var description: String { "node '\(node)' cannot be lowered: \(reason)" }
}

extension Graph {
  /// Fuses nodes into the runtime's instructions and plans the memory of what they compute.
  ///
  /// Fused: a product with the activation behind it, a layer norm with its modulation, a gate with
  /// the residual add behind it. Splits and reshapes become views.
  ///
  /// - Parameter units: Values that steps may reuse; those that the program computes as they are
  ///   become its reusable units.
  public func lowered(
    reusing units: [ReusableUnit] = []
  ) throws(LoweringError) -> LoweredGraph {
    var lowering = Lowering(self)
    try lowering.run()
    let result = lowering.result(reusing: units)
    do throws(ProgramError) {
      try ProgramVerifier.verify(result.program)
    } catch {
      throw LoweringError(node: "program", reason: error.description)
    }
    return result
  }
}

extension Graph {
  /// What keeps the graph from being lowered, a line a node; empty where nothing does.
  public func loweringProblems() -> [String] {
    var lowering = Lowering(self)
    let problems = lowering.problems()
    guard problems.isEmpty else { return problems.map { "'\($0.node)' \($0.reason)" } }
    do throws(LoweringError) {
      _ = try lowered()
      return []
    } catch {
      return [error.description]
    }
  }
}

/// The state of one lowering.
struct Lowering {
  let graph: Graph
  private let uses: [ValueID: Int]
  private let readers: [ValueID: Int]
  private var values: [Program.Value] = []
  private var instructions: [Program.Instruction] = []
  private var weights: [ValueID] = []
  var numbers: [ValueID: Int] = [:]
  private var instructionByNode: [ValueID: Int] = [:]
  var fused: Set<Int> = []

  init(_ graph: Graph) {
    self.graph = graph
    var uses: [ValueID: Int] = [:]
    var readers: [ValueID: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for input in node.inputs {
        uses[input, default: 0] += 1
        readers[input] = index
      }
    }
    for output in graph.outputs { uses[output, default: 0] += 1 }
    self.uses = uses
    self.readers = readers
  }

  mutating func run() throws(LoweringError) {
    for (index, input) in graph.inputs.enumerated() {
      guard graph[input].type.isPerSample else {
        throw LoweringError(node: graph[input].name, reason: "an input without batch axis")
      }
      numbers[input] = append(graph[input].name, graph.portShape(input), .input(index))
    }
    for (index, node) in graph.nodes.enumerated() where !fused.contains(index) {
      try lower(node, at: index)
    }
    try bindOutput()
    plan()
  }

  /// Goes on past nodes that cannot be lowered, and returns what is wrong with each.
  fileprivate mutating func problems() -> [LoweringError] {
    var problems: [LoweringError] = []
    for (index, input) in graph.inputs.enumerated() {
      numbers[input] = append(graph[input].name, graph.portShape(input), .input(index))
    }
    for (index, node) in graph.nodes.enumerated() where !fused.contains(index) {
      do throws(LoweringError) {
        try lower(node, at: index)
      } catch {
        problems.append(error)
        for output in node.outputs {
          numbers[output] = append(
            graph[output].name, graph[output].type.sampleShape, .arena(offset: 0))
        }
      }
    }
    return problems
  }

  func result(reusing units: [ReusableUnit]) -> LoweredGraph {
    let program = Program(
      inputs: graph.ports, outputShape: graph[graph.outputs[0]].type.sampleShape,
      weights: weights.map {
        Program.Weight(name: graph[$0].name, shape: graph[$0].type.shape(batch: 1))
      },
      values: values, instructions: instructions, arenaSize: arenaSize,
      reusableUnits: units.compactMap { unit in
        instruction(computing: unit.value).map {
          Program.ReusableUnit(
            name: unit.name, instruction: $0, input: unit.input.flatMap(instruction(computing:)))
        }
      })
    return LoweredGraph(
      program: program, weights: weights, instructions: instructionByNode)
  }

  /// The one instruction whose result is the whole of a value.
  private func instruction(computing value: ValueID) -> Int? {
    guard let number = numbers[value] else { return nil }
    let root = root(number)
    let writers = instructions.indices.filter { self.root(instructions[$0].output) == root }
    guard writers.count == 1, let writer = writers.first,
      values[instructions[writer].output].shape.reduce(1, *) == graph[value].type.sampleCount
    else { return nil }
    return writer
  }

  /// The value that holds the memory a view looks into.
  private func root(_ value: Int) -> Int {
    var value = value
    while case .view(let parent, _) = values[value].storage { value = parent }
    return value
  }

  private var arenaSize = 0

  // MARK: Nodes

  private mutating func lower(_ node: Graph.Node, at index: Int) throws(LoweringError) {
    switch node.operation {
    case is Linear: try lowerLinear(node, at: index)
    case let convolution as Convolution: try lowerConvolution(convolution, node)
    case let attention as Attention: try lowerAttention(attention, node)
    case let norm as LayerNorm: try lowerLayerNorm(norm, node, at: index)
    case is Gate: try lowerGate(node, at: index)
    case is Add: try lowerAdd(node, at: index)
    case is AddRow: try lowerAddRow(node, at: index)
    case let activate as Activate:
      try emit(
        .activation(Program.Activation(activate.function), count: count(node.inputs[0])), node)
    case let embedding as TimestepEmbedding:
      try emit(
        .timestepEmbedding(
          width: embedding.width, maxPeriod: embedding.maxPeriod,
          frequencyShift: embedding.frequencyShift, isCosineFirst: embedding.isCosineFirst), node,
        shapes: [[1]])
    case is Gather where isIntegerInput(node.inputs[0]) && isWeight(node.inputs[1]):
      let table = graph[node.inputs[1]].type.sampleShape
      try emit(.gather(rows: table[0], width: table[1]), node)
    case let transpose as Transpose
    where transpose.order.first == 0 && graph[node.inputs[0]].type.isBatched:
      try emit(
        .permute(
          shape: graph[node.inputs[0]].type.sampleShape,
          order: transpose.order.dropFirst().map { $0 - 1 }), node)
    case is Reshape where graph[node.outputs[0]].type.isPerSample:
      numbers[node.outputs[0]] = append(
        graph[node.outputs[0]].name, graph[node.outputs[0]].type.sampleShape,
        .view(of: try number(node.inputs[0], node), offset: 0))
    case let split as Split: try lowerSplit(split, node, at: index)
    default: try lowerGeneral(node, at: index)
    }
  }

  private mutating func lowerLinear(_ node: Graph.Node, at index: Int) throws(LoweringError) {
    let weight = graph[node.inputs[1]].type.sampleShape
    var output = node.outputs[0]
    var activation = Program.Activation.none
    if let next = soleReader(of: output), let activate = next.node.operation as? Activate {
      activation = Program.Activation(activate.function)
      output = next.node.outputs[0]
      fused.insert(next.index)
    }
    let rows = count(node.inputs[0]) / weight[1]
    try emit(
      .linear(rows: rows, inner: weight[1], outer: weight[0], activation: activation), node,
      shapes: [[rows, weight[1]]], into: output, shape: [rows, weight[0]])
  }

  private mutating func lowerConvolution(
    _ operation: Convolution, _ node: Graph.Node
  ) throws(LoweringError) {
    let input = graph[node.inputs[0]].type.sampleShape
    let weight = graph[node.inputs[1]].type.sampleShape
    try emit(
      .convolution(
        channels: input[0], height: input[1], width: input[2], outer: weight[0],
        kernel: weight[2], stride: operation.stride, padding: operation.padding), node)
  }

  private mutating func lowerAttention(
    _ operation: Attention, _ node: Graph.Node
  ) throws(LoweringError) {
    guard node.inputs[..<3].allSatisfy({ graph[$0].type.isBatched }) else {
      throw LoweringError(node: node.name, reason: "an attention that no sample has of its own")
    }
    let query = graph[node.inputs[0]].type.sampleShape
    if node.inputs.count > 3 { return try lowerMasked(operation, node) }
    try emit(
      .attention(
        heads: query[1] / operation.headSize, size: operation.headSize, queries: query[0],
        keys: graph[node.inputs[1]].type.sampleShape[0], scale: operation.scale), node)
  }

  private mutating func lowerLayerNorm(
    _ operation: LayerNorm, _ node: Graph.Node, at index: Int
  ) throws(LoweringError) {
    let shape = graph[node.inputs[0]].type.sampleShape
    let width = shape[shape.count - 1]
    var operands = node.inputs
    var output = node.outputs[0]
    var isModulated = false
    if let next = soleReader(of: output), next.node.operation is Modulate,
      next.node.inputs[0] == output, areComputed(next.node.inputs, before: index)
    {
      operands += next.node.inputs.dropFirst()
      output = next.node.outputs[0]
      isModulated = true
      fused.insert(next.index)
    }
    let rows = shape.reduce(1, *) / width
    try emit(
      .layerNorm(
        rows: rows, width: width, epsilon: operation.epsilon,
        isAffine: node.inputs.count == 3, isModulated: isModulated), node, operands,
      shapes: [[rows, width]], into: output, shape: [rows, width])
  }

  /// A gate runs in the residual add behind it.
  private mutating func lowerGate(_ node: Graph.Node, at index: Int) throws(LoweringError) {
    guard let next = soleReader(of: node.outputs[0]), next.node.operation is Add,
      let other = next.node.inputs.first(where: { $0 != node.outputs[0] }),
      graph[other].type == graph[node.outputs[0]].type, areComputed([other], before: index)
    else { return try lowerGeneral(node, at: index) }
    let shape = graph[node.outputs[0]].type.sampleShape
    let width = shape[shape.count - 1]
    let rows = shape.reduce(1, *) / width
    fused.insert(next.index)
    try emit(
      .gatedAdd(rows: rows, width: width), node, [other, node.inputs[0], node.inputs[1]],
      shapes: [[rows, width], [rows, width]], into: next.node.outputs[0],
      shape: [rows, width])
  }

  private mutating func lowerAdd(
    _ node: Graph.Node, at index: Int
  ) throws(LoweringError) {
    let (a, b) = (graph[node.inputs[0]].type, graph[node.inputs[1]].type)
    guard b == a || (a.isBatched && b.isFixed && b.sampleShape == a.sampleShape),
      !isWeight(node.inputs[0])
    else { return try lowerGeneral(node, at: index) }
    try emit(.add(count: a.sampleCount), node)
  }

  private mutating func lowerAddRow(
    _ node: Graph.Node, at index: Int
  ) throws(LoweringError) {
    guard isWeight(node.inputs[1]) else { return try lowerGeneral(node, at: index) }
    let width = count(node.inputs[1])
    let rows = count(node.inputs[0]) / width
    try emit(
      .addRow(rows: rows, width: width), node, shapes: [[rows, width]], shape: [rows, width])
  }

  private mutating func lowerSplit(
    _ operation: Split, _ node: Graph.Node, at index: Int
  ) throws(LoweringError) {
    let shape = graph[node.inputs[0]].type.sampleShape
    guard shape.count == 1, graph[node.inputs[0]].type.isBatched else {
      return try lowerGeneral(node, at: index)
    }
    let width = shape[0] / operation.parts
    for (part, output) in node.outputs.enumerated() {
      numbers[output] = append(
        graph[output].name, [width],
        .view(of: try number(node.inputs[0], node), offset: part * width))
    }
  }

  // MARK: Values

  func count(_ value: ValueID) -> Int { graph[value].type.sampleCount }

  func isWeight(_ value: ValueID) -> Bool { graph[value].origin == .weight }

  private func isIntegerInput(_ value: ValueID) -> Bool {
    graph[value].origin == .input && !graph[value].type.element.isFloat
  }

  /// The one node that reads `value`, where nothing else does.
  func soleReader(of value: ValueID) -> (index: Int, node: Graph.Node)? {
    guard uses[value] == 1, let index = readers[value] else { return nil }
    return (index, graph.nodes[index])
  }

  /// Whether all of `operands` are there when node `index` runs, its own results included.
  private func areComputed(_ operands: [ValueID], before index: Int) -> Bool {
    let own = Set(graph.nodes[index].outputs)
    return operands.allSatisfy { operand in
      own.contains(operand) || numbers[operand] != nil || graph[operand].origin != .node
    }
  }

  mutating func append(
    _ name: String, _ shape: [Int], _ storage: Program.Value.Storage
  ) -> Int {
    values.append(Program.Value(name: name, shape: shape, storage: storage))
    return values.count - 1
  }

  mutating func number(_ id: ValueID, _ node: Graph.Node) throws(LoweringError) -> Int {
    if let known = numbers[id] { return known }
    guard graph[id].origin == .weight else {
      throw LoweringError(node: node.name, reason: "it reads '\(graph[id].name)' too early")
    }
    weights.append(id)
    let value = append(
      graph[id].name, graph[id].type.shape(batch: 1), .weight(weights.count - 1))
    numbers[id] = value
    return value
  }

  /// A value under another shape of as many elements.
  private mutating func view(_ value: Int, as shape: [Int]) -> Int {
    guard values[value].shape != shape else { return value }
    return append(values[value].name, shape, .view(of: value, offset: 0))
  }

  /// Appends an instruction on values of the program; its result.
  mutating func instruct(
    _ operation: Program.GeneralOperation, _ inputs: [Int], shape: [Int], named name: String
  ) -> Int {
    let value = append(name, shape, .arena(offset: 0))
    instructions.append(Program.Instruction(.general(operation), inputs, into: value))
    return value
  }

  /// Appends an instruction on values of the program that writes `output`.
  mutating func add(_ operation: Program.Operation, _ inputs: [Int], into output: Int) {
    instructions.append(Program.Instruction(operation, inputs, into: output))
  }

  /// Makes `value` what stands for the result of a node.
  mutating func bind(_ output: ValueID, of node: Graph.Node, to value: Int) {
    numbers[output] = view(value, as: graph[output].type.sampleShape)
    instructionByNode[node.outputs[0]] = instructions.count - 1
  }

  var nextInstruction: Int { instructions.count }

  /// Says which instruction reads a node's first operand.
  mutating func mark(_ node: Graph.Node, as instruction: Int) {
    instructionByNode[node.outputs[0]] = instruction
  }

  /// - Parameters:
  ///   - operands: The node's own by default.
  ///   - shapes: What the instruction wants its first operands to be.
  ///   - output: The value it computes; the node's own by default.
  ///   - shape: What the instruction makes of it; the value's own by default.
  mutating func emit(
    _ operation: Program.Operation, _ node: Graph.Node, _ operands: [ValueID]? = nil,
    shapes: [[Int]] = [], into output: ValueID? = nil, shape: [Int]? = nil
  ) throws(LoweringError) {
    let output = output ?? node.outputs[0]
    guard graph[output].type.isPerSample else {
      throw LoweringError(
        node: node.name, reason: "its result \(graph[output].type) mixes samples")
    }
    var inputs: [Int] = []
    for (index, operand) in (operands ?? node.inputs).enumerated() {
      let value = try number(operand, node)
      inputs.append(index < shapes.count ? view(value, as: shapes[index]) : value)
    }
    let own = graph[output].type.sampleShape
    let value = append(graph[output].name, shape ?? own, .arena(offset: 0))
    numbers[output] = view(value, as: own)
    instructionByNode[node.outputs[0]] = instructions.count
    instructions.append(Program.Instruction(operation, inputs, into: value))
  }

  // MARK: Memory

  /// Gives the graph's result the caller's memory: the value itself, or what it is a view of.
  private mutating func bindOutput() throws(LoweringError) {
    guard graph.outputs.count == 1, let number = numbers[graph.outputs[0]] else {
      throw LoweringError(node: "output", reason: "a graph has one computed output")
    }
    let shape = graph[graph.outputs[0]].type.sampleShape
    var value = root(number)
    let count = shape.reduce(1, *)
    var isWhole = false
    if case .arena = values[value].storage {
      isWhole = values[value].shape.reduce(1, *) == count
    }
    if !isWhole {
      // Part of another value, or none that was computed.
      value = instruct(
        .pick(outer: 1, extent: 1, inner: count, indices: [0]), [number], shape: shape,
        named: graph[graph.outputs[0]].name)
    }
    guard values[value].shape != shape else {
      values[value].storage = .output
      return
    }
    values[value].storage = .view(
      of: append(graph[graph.outputs[0]].name, shape, .output), offset: 0)
  }

  private mutating func plan() {
    // A view keeps alive what it looks into.
    var lifetimes: [Int: ClosedRange<Int>] = [:]
    for (index, instruction) in instructions.enumerated() {
      for value in instruction.inputs.map(root) + [root(instruction.output)] {
        let start = lifetimes[value]?.lowerBound ?? index
        lifetimes[value] = start...index
      }
    }
    let planned = values.indices.filter { value in
      if case .arena = values[value].storage { return true }
      return false
    }
    let plan = MemoryPlan(
      planned.map { value in
        MemoryPlan.Request(
          size: values[value].shape.reduce(1, *), lifetime: lifetimes[value] ?? 0...0)
      })
    for (value, offset) in zip(planned, plan.offsets) {
      values[value].storage = .arena(offset: offset)
    }
    arenaSize = plan.size
  }
}

extension Program.Activation {
  init(_ function: Activate.Function) {
    self =
      switch function {
      case .silu: .silu
      case .geluTanh: .geluTanh
      case .geluErf: .geluErf
      }
  }
}
