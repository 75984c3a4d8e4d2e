internal import MosaicCore

/// An operation as bundles hold it: by name, with named attributes, so that a reader can say what
/// it does not know.
struct StoredOperation: Equatable {
  struct Attribute: Equatable {
    enum Value: Equatable {
      case integers([Int])
      case number(Double)
      case text(String)
      /// None of these, or several at once.
      case other
    }

    var name: String
    var value: Value

    init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }

    init(_ name: String, _ value: Int) { self.init(name, .integers([value])) }
    init(_ name: String, _ value: Bool) { self.init(name, .integers([value ? 1 : 0])) }
    init(_ name: String, _ value: Float) { self.init(name, .number(Double(value))) }
  }

  var name: String
  var attributes: [Attribute]
}

extension Program.Operation {
  /// As bundles name it.
  public var name: String { StoredOperation(self).name }
}

extension StoredOperation {
  init(_ operation: Program.Operation) {
    switch operation {
    case .linear(let rows, let inner, let outer, let activation):
      name = "linear"
      attributes = [
        .init("rows", rows), .init("inner", inner), .init("outer", outer),
        .init("activation", .text(activation.rawValue)),
      ]
    case .convolution(
      let channels, let height, let width, let outer, let kernel, let stride, let padding):
      name = "convolution"
      attributes = [
        .init("channels", channels), .init("height", height), .init("width", width),
        .init("outer", outer), .init("kernel", kernel), .init("stride", stride),
        .init("padding", padding),
      ]
    case .attention(let heads, let size, let queries, let keys, let scale):
      name = "attention"
      attributes = [
        .init("heads", heads), .init("size", size), .init("queries", queries),
        .init("keys", keys), .init("scale", scale),
      ]
    case .layerNorm(let rows, let width, let epsilon, let isAffine, let isModulated):
      name = "layer_norm"
      attributes = [
        .init("rows", rows), .init("width", width), .init("epsilon", epsilon),
        .init("affine", isAffine), .init("modulated", isModulated),
      ]
    case .gatedAdd(let rows, let width):
      name = "gated_add"
      attributes = [.init("rows", rows), .init("width", width)]
    case .addRow(let rows, let width):
      name = "add_row"
      attributes = [.init("rows", rows), .init("width", width)]
    case .add(let count):
      name = "add"
      attributes = [.init("count", count)]
    case .activation(let function, let count):
      name = "activation"
      attributes = [.init("function", .text(function.rawValue)), .init("count", count)]
    case .timestepEmbedding(let width, let maxPeriod, let frequencyShift, let isCosineFirst):
      name = "timestep_embedding"
      attributes = [
        .init("width", width), .init("max_period", maxPeriod),
        .init("frequency_shift", frequencyShift), .init("cosine_first", isCosineFirst),
      ]
    case .gather(let rows, let width):
      name = "gather"
      attributes = [.init("rows", rows), .init("width", width)]
    case .permute(let shape, let order):
      name = "permute"
      attributes = [.init("shape", .integers(shape)), .init("order", .integers(order))]
    case .general(let operation):
      let stored = StoredOperation(operation)
      name = stored.name
      attributes = stored.attributes
    }
  }

  /// - Throws: `.unsupported` where the name, an attribute or its text is unknown, which a newer
  ///   writer may have meant; `.inconsistent` where an attribute is missing or of another kind.
  func operation(place: String) throws(BundleError.Reason) -> Program.Operation {
    var reader = AttributeReader(attributes, operation: name, place: place)
    let result: Program.Operation
    switch name {
    case "linear":
      result = .linear(
        rows: try reader.integer("rows"), inner: try reader.integer("inner"),
        outer: try reader.integer("outer"), activation: try reader.activation("activation"))
    case "convolution":
      result = .convolution(
        channels: try reader.integer("channels"), height: try reader.integer("height"),
        width: try reader.integer("width"), outer: try reader.integer("outer"),
        kernel: try reader.integer("kernel"), stride: try reader.integer("stride"),
        padding: try reader.integer("padding"))
    case "attention":
      result = .attention(
        heads: try reader.integer("heads"), size: try reader.integer("size"),
        queries: try reader.integer("queries"), keys: try reader.integer("keys"),
        scale: try reader.float("scale"))
    case "layer_norm":
      result = .layerNorm(
        rows: try reader.integer("rows"), width: try reader.integer("width"),
        epsilon: try reader.float("epsilon"), isAffine: try reader.flag("affine"),
        isModulated: try reader.flag("modulated"))
    case "gated_add":
      result = .gatedAdd(rows: try reader.integer("rows"), width: try reader.integer("width"))
    case "add_row":
      result = .addRow(rows: try reader.integer("rows"), width: try reader.integer("width"))
    case "add":
      result = .add(count: try reader.integer("count"))
    case "activation":
      result = .activation(
        try reader.activation("function"), count: try reader.integer("count"))
    case "timestep_embedding":
      result = .timestepEmbedding(
        width: try reader.integer("width"), maxPeriod: try reader.float("max_period"),
        frequencyShift: try reader.float("frequency_shift"),
        isCosineFirst: try reader.flag("cosine_first"))
    case "gather":
      result = .gather(rows: try reader.integer("rows"), width: try reader.integer("width"))
    case "permute":
      result = .permute(
        shape: try reader.integers("shape"), order: try reader.integers("order"))
    default:
      guard let operation = try reader.generalOperation(name) else {
        throw .unsupported(kind: "operation", name: name, place: place)
      }
      result = .general(operation)
    }
    try reader.finish()
    return result
  }
}
