internal import MosaicBundle
public import MosaicCore
public import MosaicIR
public import MosaicRuntime

/// A graph with its weights in memory, ready to run on the fast path.
public struct DenseNetwork: Sendable {
  public let graph: Graph
  public internal(set) var weights: [ValueID: FloatBuffer]
  /// How each weight is stored: in the checkpoint, or in the bundle that is to be.
  public internal(set) var storage: [ValueID: DataType]

  /// A weight's values are not numbers.
  public struct NonFiniteWeight: MosaicError, Equatable {
    public var path: String?
    public var name: String
    public var count: Int

    public var description: String {
      (path.map { "\(printable($0, limit: 400)): " } ?? "")
        + "tensor '\(printable(name))' holds \(count) values that are NaN or infinite; "
        + "the weights are damaged: get them again"
    }

    public var exitStatus: ExitStatus { .badData }
  }

  /// Loads every weight the graph reads, one at a time.
  ///
  /// - Throws: `NonFiniteWeight` at the first weight that holds NaN, or infinity where it is no mask.
  public init(_ graph: Graph, weights source: any WeightSource) throws {
    var weights: [ValueID: FloatBuffer] = [:]
    var storage: [ValueID: DataType] = [:]
    let used = Set(graph.nodes.flatMap(\.inputs)).filter { graph[$0].origin == .weight }
    for id in used.sorted() {
      guard let view = source.tensor(graph[id].name) else {
        throw GraphError.undefined(node: "weights", value: graph[id].name)
      }
      if view.firstNonFinite != nil, !graph.isMask(id, view) {
        throw NonFiniteWeight(
          path: source.path(of: graph[id].name), name: graph[id].name, count: view.nonFiniteCount)
      }
      weights[id] = FloatBuffer(view)
      storage[id] = view.dataType
    }
    self.graph = graph
    self.weights = weights
    self.storage = storage
  }

  public func floats(_ id: ValueID) -> [Float] { weights[id]?.array ?? [] }

  /// - Parameters:
  ///   - leaf: See `Executor`.
  ///   - units: See `Graph.lowered`.
  public func executor(
    threads: Int, leaf: Int? = nil, reusing units: [ReusableUnit] = [],
    precision: Precision = .f32
  ) throws -> Executor {
    let lowered = try graph.lowered(reusing: units)
    return Executor(
      program: lowered.program, weights: lowered.weights.compactMap { weights[$0] },
      threads: threads, leaf: leaf, precision: precision)
  }
}

extension Graph {
  /// Whether a weight may hold -∞: where all that is done with it is to add it, or to compare or choose
  /// by it, which is how scores are excluded.
  fileprivate func isMask(_ weight: ValueID, _ view: TensorView) -> Bool {
    let readers = nodes.filter { $0.inputs.contains(weight) }
    let isAdded = readers.allSatisfy { node in
      switch node.operation {
      case is Add, is Select, is Expand, is Concat: true
      case let binary as ElementwiseBinary: binary.function != .multiply
      case is Attention: node.inputs.count > 3 && node.inputs[3] == weight
      default: false
      }
    }
    return isAdded && FloatBuffer(view).array.allSatisfy { $0.isFinite || $0 == -.infinity }
  }
}
