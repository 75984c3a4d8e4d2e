import MosaicIR
import MosaicTestSupport
import Testing

@testable import MosaicSurgery

/// What couples with what, pattern by pattern.
@Suite struct AxisCouplingTests {
  /// A graph under construction; weights are named after their nodes.
  private struct Network {
    var graph = Graph()
    let x: ValueID

    init(_ shape: [Dimension]) { x = graph.addInput("x", TensorType(shape)) }

    mutating func linear(_ x: ValueID, _ name: String, _ outputs: Int) throws -> ValueID {
      let inner = graph[x].type.shape.last?.factor ?? 0
      return try add(Linear(), [x, weight(name, [outputs, inner])], name)
    }

    mutating func convolution(_ x: ValueID, _ name: String, _ outputs: Int) throws -> ValueID {
      let inner = graph[x].type.shape[1].factor
      return try add(
        Convolution(padding: 1), [x, weight(name, [outputs, inner, 3, 3])], name)
    }

    mutating func weight(_ name: String, _ shape: [Int]) -> ValueID {
      graph.addWeight(name, shape: shape)
    }

    mutating func add(
      _ operation: any Operator, _ operands: [ValueID], _ name: String
    ) throws -> ValueID { try graph.add(operation, operands, name: name)[0] }

    func found() -> PruningGroups { PruningGroups(of: graph, state: x) }

    func rows(of group: PruningGroup) -> [String: UnitPlaces] {
      Dictionary(uniqueKeysWithValues: group.rows.map { (graph[$0.value].name, $0.places) })
    }
  }

  /// Row i of the one matrix goes with row i + n.
  @Test func halvesOfOneProductGoTogether() throws {
    var network = Network([.batch, 5, 6])
    let both = try network.linear(network.x, "both", 14)
    let halves = try network.graph.add(Split(parts: 2), [both], name: "halves")
    let gate = try network.add(Activate(.geluErf), [halves[1]], "gate")
    let product = try network.add(ElementwiseBinary(.multiply), [halves[0], gate], "product")
    network.graph.outputs = [try network.linear(product, "down", 6)]
    let group = try #require(network.found().groups.first)
    #expect(group.kind == .neurons && group.unitCount == 7)
    #expect(network.rows(of: group) == ["both": UnitPlaces(starts: [0, 7], block: 1)])
    #expect(group.macsPerUnit == 5 * (2 * 6 + 6))
    #expect(!group.isPlain(in: network.graph))
    let narrow = try network.graph.resizing([group], keeping: [[1, 6]])
    try narrow.verify()
    #expect(narrow[group.rows[0].value].type.shape == [4, 6])
    #expect(narrow[group.consumer].type.shape == [6, 2])
    #expect(network.graph.macs - narrow.macs == 5 * group.macsPerUnit)
  }

  /// Heads as an axis of their own, normalised and turned pair by pair, over the tokens of two
  /// streams with a consumer each.
  @Test func headsOfTwoStreamsGoTogether() throws {
    var network = Network([.batch, 4, 6])
    let other = network.graph.addInput("other", TensorType([.batch, 3, 6]))
    let scale = network.weight("scale", [4])
    func heads(_ x: ValueID, _ name: String, isNormalised: Bool) throws -> ValueID {
      let tokens = network.graph[x].type.shape[1]
      let flat = try network.linear(x, name, 12)
      let parts = try network.add(Reshape(to: [.batch, tokens, 3, 4]), [flat], "\(name)-parts")
      let moved = try network.add(Transpose(order: [0, 2, 1, 3]), [parts], "\(name)-heads")
      return isNormalised
        ? try network.add(RMSNorm(epsilon: 1e-6), [moved, scale], "\(name)-norm") : moved
    }
    func joint(_ name: String, isNormalised: Bool) throws -> ValueID {
      try network.add(
        Concat(axis: 2),
        [
          heads(network.x, name, isNormalised: isNormalised),
          heads(other, "\(name)-other", isNormalised: isNormalised),
        ], "\(name)-joint")
    }
    let q = try joint("q", isNormalised: true)
    let k = try network.add(
      Transpose(order: [0, 1, 3, 2]), [joint("k", isNormalised: true)], "k-turned")
    let v = try joint("v", isNormalised: false)
    let scores = try network.add(MatMul(), [q, k], "scores")
    let mask = network.weight("mask", [1, 1, 7, 7])
    let sum = try network.add(ElementwiseBinary(.add), [scores, mask], "masked")
    let mixed = try network.add(
      MatMul(), [network.add(Softmax(), [sum], "softmax"), v], "mixed")
    let rows = try network.add(
      Reshape(to: [.batch, 7, 12]),
      [network.add(Transpose(order: [0, 2, 1, 3]), [mixed], "turned")], "flat")
    let own = try network.add(Slice(axis: 1, start: 0, count: 4), [rows], "own")
    let context = try network.add(Slice(axis: 1, start: 4, count: 3), [rows], "context")
    network.graph.outputs = [
      try network.linear(own, "out", 6), try network.linear(context, "out-other", 6),
    ]

    let found = network.found()
    let group = try #require(found.groups.first)
    #expect(found.groups.count == 1)
    #expect(group.kind == .heads && group.unitCount == 3 && group.unitSize == 4)
    let places = UnitPlaces(block: 4)
    #expect(
      network.rows(of: group)
        == Dictionary(
          uniqueKeysWithValues: ["q", "k", "v", "q-other", "k-other", "v-other"].map {
            ($0, places)
          }))
    #expect(group.consumptions.map(\.consumer.name) == ["out", "out-other"])
    #expect(group.consumptions.allSatisfy { $0.places == places })
    let narrow = try network.graph.resizing([group], keeping: [[0, 2]])
    try narrow.verify()
    #expect(narrow[rows].type.shape == [.batch, 7, 8])
    #expect(network.graph.macs - narrow.macs == group.macsPerUnit)
  }

  /// q, k and v as one product, told apart by an axis before the heads, or after them.
  @Test(arguments: [true, false])
  func headsOfOneProduct(headsFirst: Bool) throws {
    var network = Network([.batch, 5, 6])
    let fused = try network.linear(network.x, "qkv", 24)
    let parts = try network.add(
      Reshape(to: headsFirst ? [.batch, 5, 2, 3, 4] : [.batch, 5, 3, 2, 4]), [fused], "parts")
    let axis = headsFirst ? 3 : 2
    let three = try (0..<3).map { index in
      try network.add(
        Reshape(to: [.batch, 5, 8]),
        [network.add(Slice(axis: axis, start: index, count: 1), [parts], "cut-\(index)")],
        "part-\(index)")
    }
    let mixed = try network.add(Attention(headSize: 4, scale: 0.5), three, "mixed")
    network.graph.outputs = [try network.linear(mixed, "out", 6)]
    let group = try #require(network.found().groups.first)
    #expect(group.unitCount == 2)
    #expect(
      network.rows(of: group) == [
        "qkv": headsFirst ? UnitPlaces(block: 12) : UnitPlaces(starts: [0, 8, 16], block: 4)
      ])
    try network.graph.resizing([group], keeping: [[1]]).verify()
  }

  /// One consumer of what two sub-layers give, joined; each has its own columns.
  @Test func groupsShareAConsumer() throws {
    var network = Network([.batch, 5, 6])
    let qkv = try ["q", "k", "v"].map { try network.linear(network.x, $0, 8) }
    let mixed = try network.add(Attention(headSize: 4, scale: 0.5), qkv, "mixed")
    let wide = try network.add(
      Activate(.geluTanh), [network.linear(network.x, "up", 9)], "wide")
    let joined = try network.add(Concat(axis: 2), [mixed, wide], "joined")
    let out = try network.linear(joined, "out", 6)
    network.graph.outputs = [try network.add(Add(), [network.x, out], "sum")]
    let groups = network.found().groups
    #expect(groups.map(\.kind) == [.heads, .neurons])
    #expect(groups.map { $0.consumptions[0].places.starts } == [[0], [8]])
    #expect(groups.consumers.map(\.columns) == [17])
    // The product stays where one of them is gone.
    #expect(groups.map(\.leastUnits) == [1, 1])
    let narrow = try network.graph.resizing(groups, keeping: [[1], [0, 3, 8]])
    try narrow.verify()
    #expect(narrow[groups[0].consumer].type.shape == [6, 7])
  }

  /// A part of an axis that is cut out starts elsewhere once what lies before it is gone.
  @Test func cutsFollow() throws {
    var network = Network([.batch, 5, 6])
    let both = try network.linear(network.x, "both", 10)
    let first = try network.add(Slice(axis: 2, start: 0, count: 4), [both], "first")
    let second = try network.add(Slice(axis: 2, start: 4, count: 6), [both], "second")
    network.graph.outputs = [
      try network.linear(first, "a", 6), try network.linear(second, "b", 6),
    ]
    let groups = network.found().groups
    #expect(groups.map(\.unitCount) == [4, 6])
    let narrow = try network.graph.resizing(groups, keeping: [[1, 3], [0, 1, 5]])
    try narrow.verify()
    #expect(narrow.nodes[2].operation as? Slice == Slice(axis: 2, start: 2, count: 3))
  }

  /// A ResBlock: the rows of a convolution, those of what the timestep adds, and the norm's own
  /// parameters; equally many channels from each of the norm's groups.
  @Test func channelsUnderAGroupNorm() throws {
    var network = Network([.batch, 6, 4, 4])
    let time = network.graph.addInput("time", TensorType([.batch, 5]))
    let inner = try network.convolution(network.x, "first", 8)
    let shift = try network.add(
      Reshape(to: [.batch, 8, 1, 1]), [network.linear(time, "time-rows", 8)], "shift")
    let sum = try network.add(ElementwiseBinary(.add), [inner, shift], "shifted")
    let norm = try network.add(
      GroupNorm(groups: 2, epsilon: 1e-5),
      [sum, network.weight("gain", [8]), network.weight("offset", [8])], "norm")
    let outer = try network.convolution(
      network.add(Activate(.silu), [norm], "bent"), "second", 6)
    network.graph.outputs = [try network.add(Add(), [network.x, outer], "sum")]
    let group = try #require(network.found().groups.first)
    #expect(group.kind == .channels && group.unitCount == 8 && group.balance == 2)
    #expect(group.leastUnits == 2)
    #expect(
      Set(network.rows(of: group).keys) == ["first", "time-rows", "gain", "offset"])
    #expect(group.consumptions[0].places == UnitPlaces(block: 9))
    #expect(group.consumptions[0].consumer.columns == 72)
    #expect([0.1, 0.25, 0.5, 0.6, 1].map(group.removalCount) == [0, 2, 4, 4, 6])
    try network.graph.resizing([group], keeping: [[0, 1, 5, 7]]).verify()
  }

  /// Channels joined before a norm that takes its statistics over both.
  @Test func pinsWhatANormMixes() throws {
    var network = Network([.batch, 6, 4, 4])
    let first = try network.convolution(network.x, "first", 8)
    let joined = try network.add(Concat(axis: 1), [first, network.x], "joined")
    let norm = try network.add(GroupNorm(groups: 2, epsilon: 1e-5), [joined], "norm")
    network.graph.outputs = [try network.convolution(norm, "second", 6)]
    let found = network.found()
    #expect(found.groups == [])
    #expect(
      found.pinned.first
        == PinnedAxis(
          name: "second", extent: 8, reason: "the groups of a group norm hold other channels too"))
  }

  /// Three products in a row: the middle one cannot be refitted and lose rows.
  @Test func keepsOneOfTwoGroupsThatMeet() throws {
    var network = Network([.batch, 4])
    let first = try network.linear(network.x, "first", 20)
    let second = try network.linear(first, "second", 9)
    network.graph.outputs = [try network.linear(second, "third", 4)]
    let found = network.found()
    #expect(found.groups.map(\.name) == ["second"])
    #expect(
      found.pinned == [
        PinnedAxis(
          name: "third", extent: 9, reason: "a weight of it is a weight of the group 'second' too")
      ])
  }
}
