internal import MosaicCore

extension StoredOperation {
  init(_ operation: Program.GeneralOperation) {
    switch operation {
    case .unary(let function, let count):
      self.init(
        name: "unary",
        attributes: [.init("function", .text(function.rawValue)), .init("count", count)])
    case .binary(let function, let a, let b):
      self.init(
        name: "binary",
        attributes: [
          .init("function", .text(function.rawValue)), .init("a", .integers(a)),
          .init("b", .integers(b)),
        ])
    case .choose(let condition, let a, let b):
      self.init(
        name: "choose",
        attributes: [
          .init("condition", .integers(condition)), .init("a", .integers(a)),
          .init("b", .integers(b)),
        ])
    case .modulate(let rows, let width):
      self.init(name: "modulate", attributes: [.init("rows", rows), .init("width", width)])
    case .groupNorm(
      let groups, let channels, let pixels, let epsilon, let isAffine, let activation):
      self.init(
        name: "group_norm",
        attributes: [
          .init("groups", groups), .init("channels", channels), .init("pixels", pixels),
          .init("epsilon", epsilon), .init("affine", isAffine),
          .init("activation", .text(activation.rawValue)),
        ])
    case .rmsNorm(let rows, let width, let epsilon):
      self.init(
        name: "rms_norm",
        attributes: [.init("rows", rows), .init("width", width), .init("epsilon", epsilon)])
    case .softmax(let rows, let width):
      self.init(name: "softmax", attributes: [.init("rows", rows), .init("width", width)])
    case .matmul(
      let batches, let aBatches, let bBatches, let rows, let inner, let columns):
      self.init(
        name: "matmul",
        attributes: [
          .init("batches", batches), .init("a_batches", aBatches), .init("b_batches", bBatches),
          .init("rows", rows), .init("inner", inner), .init("columns", columns),
        ])
    case .pick(let outer, let extent, let inner, let indices):
      self.init(
        name: "pick",
        attributes: [
          .init("outer", outer), .init("extent", extent), .init("inner", inner),
          .init("indices", .integers(indices)),
        ])
    case .join(let outer, let widths):
      self.init(
        name: "join", attributes: [.init("outer", outer), .init("widths", .integers(widths))])
    case .reduce(let reduction, let outer, let extent, let inner):
      self.init(
        name: "reduce",
        attributes: [
          .init("reduction", .text(reduction.rawValue)), .init("outer", outer),
          .init("extent", extent), .init("inner", inner),
        ])
    case .maskedAttention(
      let heads, let size, let queries, let keys, let scale, let maskHeads, let maskQueries):
      self.init(
        name: "masked_attention",
        attributes: [
          .init("heads", heads), .init("size", size), .init("queries", queries),
          .init("keys", keys), .init("scale", scale), .init("mask_heads", maskHeads),
          .init("mask_queries", maskQueries),
        ])
    case .rotate(let pairs, let outer, let length, let inner, let size):
      self.init(
        name: "rotate",
        attributes: [
          .init("pairs", .text(pairs.rawValue)), .init("outer", outer), .init("length", length),
          .init("inner", inner), .init("size", size),
        ])
    }
  }
}

extension AttributeReader {
  /// The general operation of this name; nil where there is none.
  mutating func generalOperation(
    _ name: String
  ) throws(BundleError.Reason) -> Program.GeneralOperation? {
    switch name {
    case "unary":
      .unary(try function("function"), count: try integer("count"))
    case "binary":
      .binary(try function("function"), a: try integers("a"), b: try integers("b"))
    case "choose":
      .choose(
        condition: try integers("condition"), a: try integers("a"), b: try integers("b"))
    case "modulate":
      .modulate(rows: try integer("rows"), width: try integer("width"))
    case "group_norm":
      .groupNorm(
        groups: try integer("groups"), channels: try integer("channels"),
        pixels: try integer("pixels"), epsilon: try float("epsilon"),
        isAffine: try flag("affine"), activation: try activation("activation"))
    case "rms_norm":
      .rmsNorm(
        rows: try integer("rows"), width: try integer("width"), epsilon: try float("epsilon"))
    case "softmax":
      .softmax(rows: try integer("rows"), width: try integer("width"))
    case "matmul":
      .matmul(
        batches: try integer("batches"), aBatches: try integer("a_batches"),
        bBatches: try integer("b_batches"), rows: try integer("rows"),
        inner: try integer("inner"), columns: try integer("columns"))
    case "pick":
      .pick(
        outer: try integer("outer"), extent: try integer("extent"),
        inner: try integer("inner"), indices: try integers("indices"))
    case "join":
      .join(outer: try integer("outer"), widths: try integers("widths"))
    case "reduce":
      .reduce(
        try function("reduction"), outer: try integer("outer"), extent: try integer("extent"),
        inner: try integer("inner"))
    case "masked_attention":
      .maskedAttention(
        heads: try integer("heads"), size: try integer("size"), queries: try integer("queries"),
        keys: try integer("keys"), scale: try float("scale"),
        maskHeads: try integer("mask_heads"), maskQueries: try integer("mask_queries"))
    case "rotate":
      .rotate(
        try function("pairs"), outer: try integer("outer"), length: try integer("length"),
        inner: try integer("inner"), size: try integer("size"))
    default: nil
    }
  }
}
