public import MosaicCore
public import MosaicIR

/// An ONNX model as our graph of operations, and where its weights lie.
public struct ONNXNetwork: Sendable {
  public var graph: Graph
  public var weights: ONNXWeights
  /// The names that the file gives the graph's outputs, in order.
  public var outputNames: [String]
}

/// The weights of a graph read from ONNX: the model's initialisers, and what was worked out of them.
public struct ONNXWeights: WeightSource {
  public let model: ONNXModel
  let folded: [String: TensorView]

  public func tensor(_ name: String) -> TensorView? { folded[name] ?? model.tensor(name) }

  public func path(of name: String) -> String? { model.path(of: name) }
}

/// What an ONNX model's inputs are bound to.
public struct ONNXBinding: Sendable {
  /// Whole shapes of inputs, by name.
  public var shapes: [String: [Int]]
  /// Elements of inputs that decide shapes: the graph then holds for these alone.
  public var values: [String: Tensor]

  /// Whether the extent that the first axis of the first input is fixed to is the batch all the same:
  /// reshapes and repetitions to multiples of it then follow the batch. Where anything else holds it
  /// the import fails.
  public var freesBatch: Bool

  public init(
    shapes: [String: [Int]] = [:], values: [String: Tensor] = [:], freesBatch: Bool = false
  ) {
    self.shapes = shapes
    self.values = values
    self.freesBatch = freesBatch
  }
}

extension ONNXModel {
  /// The model as a graph.
  ///
  /// Where `binding` leaves one dimension's name open, that is the batch. What depends on no input
  /// is worked out, so shapes are known; everything that is not supported is collected first.
  ///
  /// - Throws: `ONNXError`.
  public func network(_ binding: ONNXBinding = ONNXBinding()) throws(ONNXError) -> ONNXNetwork {
    do {
      let fixed = binding.freesBatch ? fixedBatch(binding) : nil
      let context = ONNXGraphImport(operatorSet: operatorSetVersion, fixedBatch: fixed)
      let extents = try symbols(binding)
      for input in graph.inputs {
        var type = try type(of: input, binding, extents)
        if let fixed, type.shape.first == Dimension(fixed) { type.shape[0] = .batch }
        let id = context.graph.addInput(input.name, type)
        var operand = ONNXOperand(name: input.name, type: type, id: id)
        if let value = binding.values[input.name], value.type == type, type.mayBeShape {
          operand.tensor = value
        }
        context.define(input.name, operand)
      }
      try context.read(graph)
      guard context.unsupported.isEmpty else {
        throw ONNXError.Reason.unsupportedNodes(context.unsupported)
      }
      for output in graph.outputs {
        guard let operand = context.operand(output.name) else {
          throw ONNXError.Reason.undefined(name: output.name, reader: "the graph")
        }
        do {
          context.graph.outputs.append(try context.materialise(operand))
        } catch {
          throw ONNXError.Reason.unsupportedNodes([
            "output '\(printable(output.name))' \(error.text)"
          ])
        }
      }
      return ONNXNetwork(
        graph: context.graph, weights: ONNXWeights(model: self, folded: context.folded),
        outputNames: graph.outputs.map(\.name))
    } catch let reason as ONNXError.Reason {
      throw ONNXError(path: path, reason: reason)
    } catch {
      throw ONNXError(path: path, reason: .unsupportedNodes(["\(error)"]))
    }
  }

  /// The extent of the first input's first axis, where it is fixed.
  private func fixedBatch(_ binding: ONNXBinding) -> Int? {
    if let name = graph.inputs.first?.name, let extent = binding.shapes[name]?.first, extent > 0 {
      return extent
    }
    guard case .fixed(let extent)? = graph.inputs.first?.type?.shape?.first, extent > 0 else {
      return nil
    }
    return extent
  }

  /// The extent of each dimension's name that is bound, and the batch for the one that is not.
  private func symbols(_ binding: ONNXBinding) throws(ONNXError.Reason) -> [String: Dimension] {
    var extents: [String: Dimension] = [:]
    for input in graph.inputs {
      guard let shape = binding.shapes[input.name] else { continue }
      guard let declared = input.type?.shape else { continue }
      guard declared.count == shape.count, shape.allSatisfy({ $0 >= 0 }) else {
        throw .binding(input: input.name, declared: input.type, shape: shape)
      }
      for (dimension, extent) in zip(declared, shape) {
        switch dimension {
        case .unknown: break
        case .fixed(let own):
          guard own == extent else {
            throw .binding(input: input.name, declared: input.type, shape: shape)
          }
        case .symbolic(let name):
          guard extents[name] ?? Dimension(extent) == Dimension(extent) else {
            throw .binding(input: input.name, declared: input.type, shape: shape)
          }
          extents[name] = Dimension(extent)
        }
      }
    }
    var open: [String] = []
    for input in graph.inputs where binding.shapes[input.name] == nil {
      guard let shape = input.type?.shape else {
        throw .unbound(input: input.name, names: ["?"])
      }
      for dimension in shape {
        switch dimension {
        case .fixed: break
        case .unknown: throw .unbound(input: input.name, names: ["?"])
        case .symbolic(let name):
          guard extents[name] == nil else { continue }
          extents[name] = .batch
          open.append(name)
          if open.count > 1 { throw .unbound(input: input.name, names: open) }
        }
      }
    }
    return extents
  }

  private func type(
    of input: ONNXValue, _ binding: ONNXBinding, _ extents: [String: Dimension]
  ) throws(ONNXError.Reason) -> TensorType {
    guard let declared = input.type, let element = declared.elementType.dataType,
      element != .f8e4m3, element != .f8e5m2
    else {
      throw .unsupportedTensor(
        "input '\(printable(input.name))'",
        kind: "has elements of type \(input.type?.elementType.name ?? "?")")
    }
    let shape =
      binding.shapes[input.name]?.map { Dimension($0) }
      ?? (declared.shape ?? []).map { dimension in
        switch dimension {
        case .fixed(let extent): Dimension(extent)
        case .symbolic(let name): extents[name] ?? .batch
        case .unknown: .batch
        }
      }
    let type = TensorType(shape, element: element)
    guard type.count != nil else {
      throw .value(name: input.name, problem: "has the shape \(type), which no memory can hold")
    }
    return type
  }
}

extension ONNXNodeProblem {
  var text: String {
    switch self {
    case .invalid(let text), .unsupported(let text): text
    case .skipped: "depends on a node that is not supported"
    }
  }
}
