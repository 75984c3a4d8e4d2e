internal import MosaicCore
internal import MosaicIR

/// The diffusion transformer with adaptive layer norms ("DiTTransformer2DModel").
///
/// Source: Peebles and Xie, "Scalable Diffusion Models with Transformers", arXiv:2212.09748; names
/// and constants as diffusers 0.42 has them. Two constants there are not in `config.json`: the
/// first and the last norm have epsilon 1e-6, only the second norm of a block takes `norm_eps`.
struct DiTTransformer2D: Architecture {
  static let className = "DiTTransformer2DModel"

  private static let hardWiredEpsilon: Float = 1e-6
  private static let timestepChannels = 256

  private let channels: Int
  private let outputChannels: Int
  private let size: Int
  private let patch: Int
  private let heads: Int
  private let headSize: Int
  private let layers: Int
  private let classes: Int
  private let hasAttentionBias: Bool
  private let activation: Activate.Function
  private let epsilon: Float
  private let isAffine: Bool

  private var width: Int { heads * headSize }
  private var side: Int { size / patch }
  private var tokens: Int { side * side }

  static func build(_ config: inout ConfigReader) throws -> (GraphBuilder, ModelDescription) {
    let model = try DiTTransformer2D(&config)
    var builder = GraphBuilder()
    try model.write(into: &builder)
    return (builder, model.description)
  }

  private init(_ config: inout ConfigReader) throws(ImportError) {
    channels = try config.count("in_channels", default: 4)
    outputChannels = try config.count("out_channels", default: channels)
    size = try config.count("sample_size", default: 32)
    patch = try config.count("patch_size", default: 2)
    heads = try config.count("num_attention_heads", default: 16)
    headSize = try config.count("attention_head_dim", default: 72)
    layers = try config.count("num_layers", default: 28)
    classes = try config.count("num_embeds_ada_norm", default: 1000)
    hasAttentionBias = try config.flag("attention_bias", default: true)
    isAffine = try config.flag("norm_elementwise_affine", default: false)
    let epsilon = try config.number("norm_eps", default: 1e-5)
    guard (0...1).contains(epsilon) else {
      throw config.bad("norm_eps", expected: "a number from 0 to 1", found: "\(epsilon)")
    }
    self.epsilon = Float(epsilon)
    let function = try config.text("activation_fn", default: "gelu-approximate")
    switch function {
    case "gelu-approximate": activation = .geluTanh
    case "gelu": activation = .geluErf
    default:
      throw config.unsupported(
        "activation_fn", found: function, supported: "gelu-approximate, gelu")
    }
    let norm = try config.text("norm_type", default: "ada_norm_zero")
    guard norm == "ada_norm_zero" else {
      throw config.unsupported("norm_type", found: norm, supported: "ada_norm_zero")
    }
    // Neither changes what the network computes in f32 without training.
    for field in ["dropout", "upcast_attention", "norm_num_groups"] { config.ignore(field) }
    guard size.isMultiple(of: patch), (heads * headSize).isMultiple(of: 4) else {
      throw config.bad(
        "patch_size", expected: "a divisor of sample_size, and a width divisible by 4",
        found: "\(patch) for size \(size) and width \(heads * headSize)")
    }
    try checkSizes(config)
    let isLearnedSigma = outputChannels == 2 * channels
    guard outputChannels == channels || isLearnedSigma else {
      throw config.unsupported(
        "out_channels", found: "\(outputChannels)",
        supported: "\(channels), or \(2 * channels) with learned variance")
    }
  }

  /// Bounds the work and memory that a config alone can ask for, before any weight is seen: the
  /// number of tokens is in no weight's shape.
  private func checkSizes(_ config: ConfigReader) throws(ImportError) {
    guard layers <= 1024 else {
      throw config.bad("num_layers", expected: "at most 1024", found: "\(layers)")
    }
    guard width <= 1 << 16 else {
      throw config.bad(
        "attention_head_dim", expected: "a width of at most 65536 with all heads",
        found: "\(width)")
    }
    let patchCount = patch <= 1 << 16 ? patch * patch * max(channels, outputChannels) : .max
    guard patchCount <= 1 << 16 else {
      throw config.bad(
        "patch_size", expected: "a patch of at most 65536 numbers",
        found: "\(patch) for \(max(channels, outputChannels)) channels")
    }
    guard side <= 1 << 16, tokens * width <= 1 << 26 else {
      throw config.bad(
        "sample_size", expected: "at most 67108864 numbers in all tokens",
        found: "\(size) for patches of \(patch) and width \(width)")
    }
  }

  private var description: ModelDescription {
    ModelDescription(
      architecture: Self.className, sampleShape: [channels, size, size],
      outputChannels: outputChannels, hasLearnedSigma: outputChannels == 2 * channels,
      classCount: classes, nullClass: classes, sampleInput: "hidden_states",
      timestepInput: "timestep", classInput: "class_labels")
  }

  private func write(into graph: inout GraphBuilder) throws(GraphError) {
    let state = graph.input(
      "hidden_states", TensorType([.batch, Dimension(channels), Dimension(size), Dimension(size)]))
    let timestep = graph.input("timestep", TensorType([.batch]))
    let label = graph.input("class_labels", TensorType([.batch], element: .i32))
    var x = try embedPatches(state, &graph)
    var conditions: [ValueID] = []
    for layer in 0..<layers {
      let condition = try embedCondition(timestep, label, layer: layer, &graph)
      conditions.append(condition)
      x = try writeBlock(layer, x, condition, &graph)
    }
    let output = try writeHead(x, conditions[0], &graph)
    _ = graph.finish(output: output)
  }

  private func embedPatches(
    _ state: ValueID, _ graph: inout GraphBuilder
  ) throws(GraphError) -> ValueID {
    let kernel = graph.weight("pos_embed.proj.weight", [width, channels, patch, patch])
    let bias = graph.weight("pos_embed.proj.bias", [width])
    let patches = try graph.node(
      Convolution(stride: patch), state, kernel, bias, name: "pos_embed.proj")
    let flat = try graph.node(
      Reshape(to: [.batch, Dimension(width), Dimension(tokens)]), patches,
      name: "pos_embed.flatten")
    let rows = try graph.node(Transpose(order: [0, 2, 1]), flat, name: "pos_embed.tokens")
    let positions = graph.constant(
      "pos_embed.pos_embed", sinusoidalPositions(side: side, width: width),
      shape: [tokens, width])
    return try graph.node(Add(), rows, positions, name: "pos_embed.add")
  }

  private func embedCondition(
    _ timestep: ValueID, _ label: ValueID, layer: Int, _ graph: inout GraphBuilder
  ) throws(GraphError) -> ValueID {
    let prefix = "transformer_blocks.\(layer).norm1.emb"
    let sinusoids = try graph.node(
      TimestepEmbedding(
        width: Self.timestepChannels, maxPeriod: 10_000, frequencyShift: 1, isCosineFirst: true),
      timestep, name: "\(prefix).time_proj")
    let inner = try graph.linear(
      sinusoids, "\(prefix).timestep_embedder.linear_1", inner: Self.timestepChannels,
      outer: width)
    let active = try graph.node(
      Activate(.silu), inner, name: "\(prefix).timestep_embedder.act")
    let time = try graph.linear(
      active, "\(prefix).timestep_embedder.linear_2", inner: width, outer: width)
    let table = graph.weight(
      "\(prefix).class_embedder.embedding_table.weight", [classes + 1, width])
    let name = try graph.node(Gather(), label, table, name: "\(prefix).class_embedder")
    return try graph.node(Add(), time, name, name: "\(prefix).add")
  }

  private func writeBlock(
    _ layer: Int, _ x: ValueID, _ condition: ValueID, _ graph: inout GraphBuilder
  ) throws(GraphError) -> ValueID {
    let prefix = "transformer_blocks.\(layer)"
    let active = try graph.node(Activate(.silu), condition, name: "\(prefix).norm1.silu")
    let modulation = try graph.linear(
      active, "\(prefix).norm1.linear", inner: width, outer: 6 * width)
    // Shift, scale and gate of the attention, then of the feed-forward.
    let parts = try graph.nodes(Split(parts: 6), [modulation], name: "\(prefix).norm1.chunk")

    let norm1 = try graph.node(
      LayerNorm(epsilon: Self.hardWiredEpsilon), x, name: "\(prefix).norm1.norm")
    let input1 = try graph.node(
      Modulate(), norm1, parts[1], parts[0], name: "\(prefix).norm1.modulate")
    let attended = try writeAttention(prefix, input1, &graph)
    let gated1 = try graph.node(Gate(), attended, parts[2], name: "\(prefix).attn1.gate")
    let middle = try graph.node(Add(), x, gated1, name: "\(prefix).attn1.residual")

    var operands = [middle]
    if isAffine {
      operands += [
        graph.weight("\(prefix).norm3.weight", [width]),
        graph.weight("\(prefix).norm3.bias", [width]),
      ]
    }
    let norm3 = try graph.nodes(
      LayerNorm(epsilon: epsilon), operands, name: "\(prefix).norm3")[0]
    let input2 = try graph.node(
      Modulate(), norm3, parts[4], parts[3], name: "\(prefix).norm3.modulate")
    let hidden = try graph.linear(
      input2, "\(prefix).ff.net.0.proj", inner: width, outer: 4 * width)
    let activated = try graph.node(Activate(activation), hidden, name: "\(prefix).ff.net.0.act")
    let fed = try graph.linear(activated, "\(prefix).ff.net.2", inner: 4 * width, outer: width)
    let gated2 = try graph.node(Gate(), fed, parts[5], name: "\(prefix).ff.gate")
    return try graph.node(Add(), middle, gated2, name: "\(prefix).ff.residual")
  }

  private func writeAttention(
    _ prefix: String, _ x: ValueID, _ graph: inout GraphBuilder
  ) throws(GraphError) -> ValueID {
    var projections: [ValueID] = []
    for part in ["to_q", "to_k", "to_v"] {
      projections.append(
        try graph.linear(
          x, "\(prefix).attn1.\(part)", inner: width, outer: width, hasBias: hasAttentionBias))
    }
    let heads = try graph.nodes(
      Attention(headSize: headSize, scale: 1 / Float(headSize).squareRoot()), projections,
      name: "\(prefix).attn1")[0]
    return try graph.linear(heads, "\(prefix).attn1.to_out.0", inner: width, outer: width)
  }

  private func writeHead(
    _ x: ValueID, _ condition: ValueID, _ graph: inout GraphBuilder
  ) throws(GraphError) -> ValueID {
    let active = try graph.node(Activate(.silu), condition, name: "proj_out_1.silu")
    let modulation = try graph.linear(active, "proj_out_1", inner: width, outer: 2 * width)
    let parts = try graph.nodes(Split(parts: 2), [modulation], name: "proj_out_1.chunk")
    let norm = try graph.node(LayerNorm(epsilon: Self.hardWiredEpsilon), x, name: "norm_out")
    let input = try graph.node(Modulate(), norm, parts[1], parts[0], name: "norm_out.modulate")
    let patches = try graph.linear(
      input, "proj_out_2", inner: width, outer: patch * patch * outputChannels)
    let (side, patch, output) = (Dimension(side), Dimension(patch), Dimension(outputChannels))
    let folded = try graph.node(
      Reshape(to: [.batch, side, side, patch, patch, output]), patches, name: "unpatchify.split")
    let ordered = try graph.node(
      Transpose(order: [0, 5, 1, 3, 2, 4]), folded, name: "unpatchify.order")
    return try graph.node(
      Reshape(to: [.batch, output, Dimension(size), Dimension(size)]), ordered,
      name: "unpatchify.join")
  }
}
