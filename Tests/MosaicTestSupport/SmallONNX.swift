/// ONNX models small enough to be written down. Field numbers as in `Formats/onnx.proto`.
public enum SmallONNX {
  /// A model of IR version 8 and opset 18; nil leaves a field out.
  public static func model(
    irVersion: Int? = 8, operatorSets: [(String, Int)] = [("", 18)],
    graph: WireMessage? = graph(), _ more: [WireMessage] = []
  ) -> WireMessage {
    var fields = more
    if let irVersion { fields.insert(.integer(1, irVersion), at: 0) }
    if let graph { fields.append(.message(7, graph)) }
    for (domain, version) in operatorSets {
      fields.append(.message(8, .text(1, domain) + .integer(2, version)))
    }
    return WireMessage(fields)
  }

  /// `y = x + w` of two elements each.
  public static func graph(
    nodes: [WireMessage] = [node("Add", ["x", "w"], ["y"])],
    initialisers: [WireMessage] = [tensor("w", [2], raw: [0, 0, 0, 0, 0, 0, 128, 63])],
    inputs: [WireMessage] = [value("x")], outputs: [WireMessage] = [value("y")],
    _ more: [WireMessage] = []
  ) -> WireMessage {
    WireMessage(
      nodes.map { .message(1, $0) } + [.text(2, "main")]
        + initialisers.map { .message(5, $0) } + inputs.map { .message(11, $0) }
        + outputs.map { .message(12, $0) } + more)
  }

  public static func node(
    _ operation: String, _ inputs: [String], _ outputs: [String], name: String = "",
    domain: String = "", attributes: [WireMessage] = [], _ more: [WireMessage] = []
  ) -> WireMessage {
    var fields = inputs.map { WireMessage.text(1, $0) } + outputs.map { .text(2, $0) }
    if !name.isEmpty { fields.append(.text(3, name)) }
    fields.append(.text(4, operation))
    fields += attributes.map { .message(5, $0) }
    if !domain.isEmpty { fields.append(.text(7, domain)) }
    return WireMessage(fields + more)
  }

  public static func attribute(
    _ name: String, type: Int, _ value: [WireMessage]
  ) -> WireMessage {
    WireMessage([.text(1, name)] + value + [.integer(20, type)])
  }

  public static func subgraph(_ name: String, _ graph: WireMessage) -> WireMessage {
    attribute(name, type: 5, [.message(6, graph)])
  }

  /// A tensor, of floats unless `type` says otherwise.
  public static func tensor(
    _ name: String, _ shape: [Int], type: Int = 1, raw: [UInt8]? = nil, _ more: [WireMessage] = []
  ) -> WireMessage {
    var fields = shape.map { WireMessage.integer(1, $0) } + [.integer(2, type), .text(8, name)]
    if let raw { fields.append(.data(9, raw)) }
    return WireMessage(fields + more)
  }

  /// A tensor of two floats in another file.
  public static func external(
    _ entries: [(String, String)], name: String = "w", shape: [Int] = [2]
  ) -> WireMessage {
    let list = entries.map { WireMessage.message(13, .text(1, $0.0) + .text(2, $0.1)) }
    return tensor(name, shape, list + [.integer(14, 1)])
  }

  /// An input or output of floats; a negative extent stands for one that is not known, and a nil
  /// shape for a rank that is not.
  public static func value(_ name: String, type: Int = 1, shape: [Int]? = [2]) -> WireMessage {
    let extents = shape.map { shape in
      WireMessage(shape.map { .message(1, $0 < 0 ? WireMessage() : .integer(1, $0)) })
    }
    return typed(name, extents: extents, type: type)
  }

  /// - Parameter extents: A `TensorShapeProto`.
  public static func typed(
    _ name: String, extents: WireMessage?, type: Int = 1
  ) -> WireMessage {
    let tensor = WireMessage.integer(1, type) + (extents.map { .message(2, $0) } ?? WireMessage())
    return .text(1, name) + .message(2, .message(1, tensor))
  }

  /// `If` nodes inside the branches of `If` nodes.
  public static func nested(_ depth: Int) -> WireMessage {
    let output = value("y")
    var inner = graph(nodes: [node("Identity", ["c"], ["y"])], initialisers: [], inputs: [])
    for _ in 0..<depth {
      inner = graph(
        nodes: [node("If", ["c"], ["y"], attributes: [subgraph("then_branch", inner)])],
        initialisers: [], inputs: [], outputs: [output])
    }
    return model(
      graph: graph(
        nodes: [node("If", ["c"], ["y"], attributes: [subgraph("then_branch", inner)])],
        initialisers: [], inputs: [value("c", type: 9, shape: [])]))
  }
}
