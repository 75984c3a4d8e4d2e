internal import MosaicIR
internal import MosaicKernels
internal import MosaicLowering
internal import MosaicSurgery

/// What a consumer reads in a forward, and how that becomes rows of its Gram matrix: a product's
/// operand is rows already, a convolution's is taken patch by patch.
struct ConsumerInput: Sendable {
  var instruction: Int
  /// Elements a sample.
  var size: Int
  /// Columns of the consumer.
  var width: Int
  /// Of a convolution.
  var patches: PatchShape?

  /// - Throws: `LoweringError` where no instruction is the consumer's.
  init(of consumer: GroupConsumer, in graph: Graph, _ lowered: LoweredGraph) throws {
    let node = graph.nodes.first { $0.inputs.count > 1 && $0.inputs[1] == consumer.weight }
    guard let node, let instruction = node.outputs.first.flatMap({ lowered.instructions[$0] })
    else {
      throw LoweringError(node: consumer.name, reason: "no instruction reads this group")
    }
    self.instruction = instruction
    let operand = lowered.program.instructions[instruction].inputs[0]
    size = lowered.program.values[operand].shape.reduce(1, *)
    width = consumer.columns
    guard graph[consumer.weight].type.rank > 2 else { return }
    guard let patches = PatchShape(node, in: graph), patches.columns == width else {
      throw LoweringError(
        node: consumer.name, reason: "a convolution whose patches are not gathered")
    }
    self.patches = patches
  }

  /// The same of a branch that has fewer of the columns.
  ///
  /// - Parameters:
  ///   - probe: The result of a node that reads what the consumer would.
  ///   - taps: Columns that each input channel has.
  /// - Throws: `LoweringError` where no instruction is the node's.
  func masked(
    _ columns: [Int], probe: ValueID, taps: Int, named name: String, _ lowered: LoweredGraph
  ) throws -> ConsumerInput {
    guard let instruction = lowered.instructions[probe] else {
      throw LoweringError(node: name, reason: "no instruction reads this branch")
    }
    var result = self
    result.instruction = instruction
    let operand = lowered.program.instructions[instruction].inputs[0]
    result.size = lowered.program.values[operand].shape.reduce(1, *)
    result.width = columns.count
    result.patches?.channels = columns.count / max(taps, 1)
    return result
  }

  /// Writes rows of one sample's forward beside others: `column` is where they begin in rows that lie
  /// `stride` apart.
  func write(
    _ samples: UnsafeMutableBufferPointer<Float>, _ sample: Int, _ range: Range<Int>,
    into rows: UnsafeMutableBufferPointer<Float>, column: Int, stride: Int
  ) {
    guard let base = samples.baseAddress.map({ $0 + sample * size }), let to = rows.baseAddress
    else { return }
    guard let patches else {
      for (place, row) in range.enumerated() {
        (to + place * stride + column).update(from: base + row * width, count: width)
      }
      return
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * width) { own in
      guard let own = own.baseAddress else { return }
      patchRows(base, range, into: own, shape: patches)
      for place in range.indices {
        let place = place - range.lowerBound
        (to + place * stride + column).update(from: own + place * width, count: width)
      }
    }
  }

  /// Rows that a sample's forward gives.
  var rowCount: Int { patches?.rowCount ?? size / max(width, 1) }

  /// Adds the rows of `samples`, [n, size], to sums.
  func add(
    _ samples: UnsafeBufferPointer<Float>, to moments: inout GramStatistics, scratch: GramScratch
  ) {
    guard let patches, let base = samples.baseAddress else {
      return moments.add(rows: samples, scratch: scratch)
    }
    let band = max(1, min(patches.rowCount, Self.bandElements / max(1, width)))
    withUnsafeTemporaryAllocation(of: Float.self, capacity: band * width) { rows in
      guard let target = rows.baseAddress else { return }
      for start in stride(from: 0, to: samples.count, by: max(1, size)) {
        for first in stride(from: 0, to: patches.rowCount, by: band) {
          let range = first..<min(first + band, patches.rowCount)
          patchRows(base + start, range, into: target, shape: patches)
          moments.add(
            rows: UnsafeBufferPointer(start: target, count: range.count * width), scratch: scratch)
        }
      }
    }
  }

  /// Patches at once: enough rows for a fast product, a few megabytes of memory.
  static let bandElements = 1 << 20
}

extension PatchShape {
  /// Those of a convolution of planes without groups.
  init?(_ node: Graph.Node, in graph: Graph) {
    let (x, weight) = (graph[node.inputs[0]].type.shape, graph[node.inputs[1]].type.shape)
    guard x.count == 4, let output = node.outputs.first, graph[output].type.rank == 4 else {
      return nil
    }
    let y = graph[output].type.shape
    func pair(_ values: [Int]) -> (height: Int, width: Int) { (values[0], values[1]) }
    let window: Window
    if let convolution = node.operation as? Convolution {
      window = Window(
        extents: [weight[2].factor, weight[3].factor],
        strides: [convolution.stride, convolution.stride], dilations: [1, 1],
        before: [convolution.padding, convolution.padding],
        after: [convolution.padding, convolution.padding])
    } else if let grouped = node.operation as? GroupedConvolution, grouped.groups == 1 {
      window = grouped.window
    } else {
      return nil
    }
    self.init(
      channels: x[1].factor, extents: (x[2].factor, x[3].factor), window: pair(window.extents),
      strides: pair(window.strides), dilations: pair(window.dilations),
      before: pair(window.before), places: (y[2].factor, y[3].factor))
  }
}
