import MosaicBundle
import MosaicCore
import MosaicIR
import MosaicLowering
import MosaicTestSupport
import Testing

@testable import MosaicRuntime

@Suite struct ReuseTests {
  private struct Setting {
    let transformer: RandomTransformer
    let dense: DenseNetwork
    let units: [ReusableUnit]
    let executor: Executor
    let samples = 3

    init(seed: UInt64) throws {
      transformer = try RandomTransformer(seed: seed)
      dense = try transformer.dense()
      units = dense.graph.reusableUnits(state: dense.graph.inputs[0])
      executor = try dense.executor(threads: 2, leaf: 4, reusing: units)
    }

    func memory(depth: Int, keepsInputs: Bool = false) -> ReuseMemory {
      ReuseMemory(
        units: units.map { unit in
          ReuseMemory.Unit(
            name: unit.name, elements: dense.graph[unit.value].type.sampleCount, depth: depth,
            inputElements: keepsInputs
              ? unit.input.map { dense.graph[$0].type.sampleCount } ?? 0 : 0)
        }, positions: [0, 1, 2, 3, 4], groupSize: samples, forwardsPerSample: 1)
    }

    func run(_ seed: UInt64, _ memory: ReuseMemory, step: Int, _ orders: [Int?]) throws -> [Float] {
      executor.output(
        transformer.inputs(samples: samples, seed: seed), samples: samples,
        exchange: try memory.exchange(
          step: step, orders: orders, groups: 0..<1, with: executor.program))
    }

    /// The output and every unit's value, node by node, with values put in place of some.
    func reference(
      _ seed: UInt64, replacing: [ValueID: [Float]] = [:]
    ) -> (output: [Float], values: [[Float]], inputs: [[Float]?]) {
      let graph = dense.graph
      let inputs = transformer.inputs(samples: samples, seed: seed)
      var known: [ValueID: Tensor] = [:]
      for input in graph.inputs { known[input] = inputs[graph[input].name] }
      for (id, weight) in dense.weights {
        known[id] = Tensor(weight.array, shape: graph[id].type.shape(batch: 1))
      }
      for node in graph.nodes {
        let results = node.operation.evaluate(node.inputs.compactMap { known[$0] })
        for (id, result) in zip(node.outputs, results) {
          known[id] = replacing[id].map { Tensor($0, shape: result.shape) } ?? result
        }
      }
      return (
        known[graph.outputs[0]]?.floats ?? [], units.map { known[$0.value]?.floats ?? [] },
        units.map { $0.input.flatMap { known[$0]?.floats } }
      )
    }
  }

  @Test(arguments: UInt64(0)..<12) func findsTheBranchesAndTheOutput(seed: UInt64) throws {
    let setting = try Setting(seed: seed)
    let names = setting.units.map(\.name)
    let layers = names.count { $0.hasSuffix(".o") }
    #expect(layers > 0)
    // The sum of the timestep's and the class's embedding is no residual of the state.
    #expect(
      names == (0..<layers).flatMap { ["\($0).o", "\($0).down"] } + ["flatten"])
    #expect(setting.executor.program.reusableUnits.map(\.name) == names)
    let macs = setting.dense.graph.macs
    for unit in setting.units {
      #expect(setting.dense.graph.macs(given: [unit.value]) == macs - unit.macs)
    }
    #expect(setting.dense.graph.macs(given: Set(setting.units.map(\.value))) == 0)
  }

  /// Nothing reused is bit-equal, whatever is kept.
  @Test(arguments: UInt64(0)..<6) func changesNothingWhereNothingIsReused(seed: UInt64) throws {
    let setting = try Setting(seed: seed)
    let plain = try setting.dense.executor(threads: 1, leaf: 4)
    let memory = setting.memory(depth: 2)
    for step in 0..<3 {
      let found = try setting.run(
        UInt64(step), memory, step: step, setting.units.map { _ in nil })
      let expected = plain.output(
        setting.transformer.inputs(samples: 3, seed: UInt64(step)), samples: 3)
      #expect(found == expected)
    }
  }

  /// One unit at a time and all orders, against values put into the graph by hand.
  @Test(arguments: UInt64(0)..<12) func putsEarlierValuesIn(seed: UInt64) throws {
    let setting = try Setting(seed: seed)
    let none = setting.units.map { _ in Int?.none }
    let pasts = (0..<3).map { setting.reference(UInt64($0)).values }
    for unit in setting.units.indices {
      for order in 0...2 {
        let memory = setting.memory(depth: 3)
        for step in 0..<3 { _ = try setting.run(UInt64(step), memory, step: step, none) }
        var orders = none
        orders[unit] = order
        let found = try setting.run(7, memory, step: 4, orders)
        // Steps 2, 1 and 0 are known; 4 is wanted.
        let weights: [Float] = [[1], [3, -2], [6, -8, 3]][order]
        let value = pasts[0][unit].indices.map { place in
          weights.indices.reduce(Float(0)) { $0 + weights[$1] * pasts[2 - $1][unit][place] }
        }
        let expected = setting.reference(7, replacing: [setting.units[unit].value: value]).output
        #expect(
          relativeError(found, expected) <= 1e-4, "\(setting.units[unit].name), order \(order)")
      }
    }
  }

  /// Weights and constants as given.
  @Test func addsChannelConstants() throws {
    let setting = try Setting(seed: 2)
    let memory = setting.memory(depth: 2)
    let none = setting.units.map { _ in Int?.none }
    for step in 0..<2 { _ = try setting.run(UInt64(step), memory, step: step, none) }
    let width = try #require(
      setting.dense.graph[setting.units[0].value].type.sampleShape.last)
    let forecast = ValueForecast(
      weights: [1.5, -0.75], offset: (0..<width).map { Float($0) / 10 - 0.3 })
    var orders = none
    orders[0] = 1
    var forecasts: [ValueForecast?] = none.map { _ in nil }
    forecasts[0] = forecast
    let exchange = try memory.exchange(
      step: 2, orders: orders, forecasts: [forecasts], groups: 0..<1,
      with: setting.executor.program)
    let found = setting.executor.output(
      setting.transformer.inputs(samples: 3, seed: 9), samples: 3, exchange: exchange)
    let pasts = (0..<2).map { setting.reference(UInt64($0)).values[0] }
    let value = pasts[0].indices.map { place in
      1.5 * pasts[1][place] - 0.75 * pasts[0][place] + forecast.offset[place % width]
    }
    let expected = setting.reference(9, replacing: [setting.units[0].value: value]).output
    #expect(relativeError(found, expected) <= 1e-4)
  }

  /// A branch begins at the norm of the stream, or where there is none at the stream.
  @Test(arguments: UInt64(0)..<12) func findsTheInputsOfBranches(seed: UInt64) throws {
    let setting = try Setting(seed: seed)
    let graph = setting.dense.graph
    for unit in setting.units {
      guard let input = unit.input else {
        #expect(unit.name == "flatten")
        continue
      }
      let products = graph.nodes.filter {
        $0.inputs.contains(input) && graph.cost(of: $0).macs > 0
      }
      #expect(products.count == (unit.name.hasSuffix(".o") ? 3 : 1), "\(unit.name)")
      // The branch is nothing but what comes of it.
      #expect(graph.macs(given: [unit.value], and: [input]) == graph.macs - unit.macs)
    }
  }

  /// Each unit that has an input, corrected by it, in a run of two groups and two threads.
  @Test(arguments: UInt64(0)..<6) func correctsByTheInput(seed: UInt64) throws {
    let setting = try Setting(seed: seed)
    let none = setting.units.map { _ in Int?.none }
    let pasts = (0..<2).map { setting.reference(UInt64($0)) }
    let plain = setting.reference(7)
    for (unit, known) in setting.units.enumerated() {
      guard let input = known.input else { continue }
      let memory = setting.memory(depth: 2, keepsInputs: true)
      for step in 0..<2 { _ = try setting.run(UInt64(step), memory, step: step, none) }
      let graph = setting.dense.graph
      let width = try #require(graph[known.value].type.sampleShape.last)
      let inner = try #require(graph[input].type.sampleShape.last)
      var random = SplitMix64(seed: seed)
      let correction = ValueForecast.Correction(
        weights: [0.5, 0.25], down: random.floats(3 * inner), up: random.floats(3 * width),
        rank: 3)
      var forecasts: [ValueForecast?] = none.map { _ in nil }
      forecasts[unit] = ValueForecast(
        weights: [1.5, -0.75], offset: random.floats(width), correction: correction)
      var orders = none
      orders[unit] = 1
      let exchange = try memory.exchange(
        step: 2, orders: orders, forecasts: [forecasts], groups: 0..<1,
        with: setting.executor.program)
      let found = setting.executor.output(
        setting.transformer.inputs(samples: 3, seed: 7), samples: 3, exchange: exchange)

      let z = try #require(plain.inputs[unit])
      let earlier = try pasts.map { try #require($0.inputs[unit]) }
      var value = pasts[0].values[unit].indices.map { place in
        1.5 * pasts[1].values[unit][place] - 0.75 * pasts[0].values[unit][place]
          + (forecasts[unit]?.offset[place % width] ?? 0)
      }
      for row in 0..<z.count / inner {
        for rank in 0..<3 {
          let sum = (0..<inner).reduce(Float(0)) { sum, column in
            let place = row * inner + column
            let left = z[place] - 0.5 * earlier[1][place] - 0.25 * earlier[0][place]
            return sum + correction.down[rank * inner + column] * left
          }
          for column in 0..<width {
            value[row * width + column] += correction.up[rank * width + column] * sum
          }
        }
      }
      let expected = setting.reference(7, replacing: [known.value: value]).output
      #expect(relativeError(found, expected) <= 1e-4, "\(known.name)")
    }
  }

  /// Memory of one value keeps the latest; a unit that was not computed keeps its past.
  @Test func keepsTheLatest() throws {
    let setting = try Setting(seed: 3)
    let none = setting.units.map { _ in Int?.none }
    let memory = setting.memory(depth: 1)
    _ = try setting.run(0, memory, step: 0, none)
    _ = try setting.run(1, memory, step: 1, none)
    var orders = none
    orders[0] = 0
    _ = try setting.run(2, memory, step: 2, orders)
    let found = try setting.run(3, memory, step: 3, orders)
    let value = setting.reference(1).values[0]
    let expected = setting.reference(3, replacing: [setting.units[0].value: value]).output
    #expect(relativeError(found, expected) <= 1e-4)
  }

  @Test func refusesValuesThatWereNotComputed() throws {
    let setting = try Setting(seed: 1)
    var orders = setting.units.map { _ in Int?.none }
    orders[1] = 1
    let memory = setting.memory(depth: 3)
    _ = try setting.run(0, memory, step: 0, setting.units.map { _ in nil })
    let error = #expect(throws: RuntimeError.self) {
      try setting.run(1, memory, step: 1, orders)
    }
    #expect(
      error
        == RuntimeError(
          .unknownValues(unit: setting.units[1].name, step: 1, order: 1, known: 1)))
    #expect(error?.exitStatus == .badData)
  }

  /// Groups with pasts of their own, run together or one by one.
  @Test func keepsGroupsApart() throws {
    let setting = try Setting(seed: 5)
    let none = setting.units.map { _ in Int?.none }
    let memory = setting.memory(depth: 2, keepsInputs: true)
    for step in 0..<2 { _ = try setting.run(UInt64(step), memory, step: step, none) }
    let groups = memory.copied(groups: 2, depths: setting.units.map { _ in 2 })
    var first = none
    first[0] = 0
    // The first group reuses at step 2, the second computes; then both extrapolate.
    for (group, orders) in [first, none].enumerated() {
      let exchange = try groups.exchange(
        step: 2, orders: orders, groups: group..<group + 1, with: setting.executor.program)
      _ = setting.executor.output(
        setting.transformer.inputs(samples: 3, seed: 2), samples: 3, exchange: exchange)
    }
    var line = none
    line[0] = 1
    let inputs = setting.transformer.inputs(samples: 3, seed: 9)
    let twice = inputs.mapValues { tensor in
      let shape = [6] + tensor.shape.dropFirst()
      return tensor.element.isFloat
        ? Tensor(tensor.floats + tensor.floats, shape: shape)
        : Tensor(integers: tensor.integers + tensor.integers, shape: shape, as: tensor.element)
    }
    let exchange = try groups.exchange(
      step: 3, orders: line, groups: 0..<2, with: setting.executor.program)
    let found = setting.executor.output(twice, samples: 6, exchange: exchange)
    let pasts = (0..<3).map { setting.reference(UInt64($0)).values[0] }
    for (group, (weights, steps)) in [([3, -2], [1, 0]), ([2, -1], [2, 1])].enumerated() {
      let value = pasts[0].indices.map { place in
        zip(weights, steps).reduce(Float(0)) { $0 + Float($1.0) * pasts[$1.1][place] }
      }
      let expected = setting.reference(9, replacing: [setting.units[0].value: value]).output
      let half = Array(found[group * expected.count..<(group + 1) * expected.count])
      #expect(relativeError(half, expected) <= 1e-4, "group \(group)")
    }
  }
}
