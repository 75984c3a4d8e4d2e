import MosaicCore
import MosaicTestSupport
import Testing

/// What `config.json` may say: every field is read or refused by name.
@Suite struct ConfigTests {
  private let config = "transformer/config.json"

  private static let count = "a whole number from 1 to 16777216"

  @Test(
    arguments: [
      ("num_layers", "two", "'num_layers' must be \(count), found \"two\""),
      ("num_layers", 0, "'num_layers' must be \(count), found 0"),
      ("num_layers", 1025, "'num_layers' must be at most 1024, found 1025"),
      ("num_attention_heads", -4, "'num_attention_heads' must be \(count), found -4"),
      ("attention_head_dim", 1.5, "'attention_head_dim' must be \(count), found 1.5"),
      ("in_channels", 1_000_000_000, "'in_channels' must be \(count), found 1000000000"),
      ("num_embeds_ada_norm", [10], "'num_embeds_ada_norm' must be \(count), found [10]"),
      ("attention_bias", 1, "'attention_bias' must be true or false, found 1"),
      (
        "norm_elementwise_affine", "no",
        "'norm_elementwise_affine' must be true or false, found \"no\""
      ),
      ("norm_eps", "small", "'norm_eps' must be a number, found \"small\""),
      ("norm_eps", -1, "'norm_eps' must be a number from 0 to 1, found -1.0"),
      ("activation_fn", 3, "'activation_fn' must be a string, found 3"),
      (
        "patch_size", 3,
        "'patch_size' must be a divisor of sample_size, and a width divisible by 4, found 3 for"
          + " size 8 and width 32"
      ),
    ] as [(String, JSONValue, String)])
  func refusesAFieldOfTheWrongKind(field: String, value: JSONValue, message: String) throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.set(field, to: value, in: config)
    checkpoint.refuses(message, at: config, .badData)
  }

  @Test(
    arguments: [
      (
        "activation_fn", "geglu",
        "'activation_fn' = geglu is not supported; supported: gelu-approximate, gelu"
      ),
      (
        "norm_type", "layer_norm",
        "'norm_type' = layer_norm is not supported; supported: ada_norm_zero"
      ),
      (
        "out_channels", 5,
        "'out_channels' = 5 is not supported; supported: 4, or 8 with learned variance"
      ),
      (
        "interpolation_scale", 2,
        "'interpolation_scale' = 2 is not supported; supported: leaving it out"
      ),
      (
        "_class_name", "UNet2DConditionModel",
        "class UNet2DConditionModel is not supported; known are DiTTransformer2DModel"
      ),
    ] as [(String, JSONValue, String)])
  func refusesWhatItDoesNotKnow(field: String, value: JSONValue, message: String) throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.set(field, to: value, in: config)
    checkpoint.refuses(message, at: config, .unsupported)
  }

  /// A number in a file must not decide how much memory is taken before any weight was seen.
  @Test(arguments: [
    (
      "sample_size",
      "'sample_size' must be at most 67108864 numbers in all tokens, found 16777216 for patches of"
        + " 1 and width 32"
    ),
    (
      "attention_head_dim",
      "'attention_head_dim' must be a width of at most 65536 with all heads, found 67108864"
    ),
    (
      "in_channels",
      "'patch_size' must be a patch of at most 65536 numbers, found 1 for 16777216 channels"
    ),
  ])
  func refusesSizesBeyondAnyModel(field: String, message: String) throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.set(field, to: 16_777_216, in: config)
    try checkpoint.set("patch_size", to: 1, in: config)
    try checkpoint.set("out_channels", to: nil, in: config)
    checkpoint.refuses(message, at: config, .badData)
  }

  @Test func takesDefaultsForWhatIsLeftOut() throws {
    let checkpoint = try TinyCheckpoint()
    for field in ["attention_bias", "norm_type", "norm_eps", "activation_fn"] {
      try checkpoint.set(field, to: nil, in: config)
    }
    try checkpoint.set("patch_size", to: .null, in: config)
    #expect(try checkpoint.load().description.sampleShape == [4, 8, 8])
  }

  @Test func refusesWhatIsNotJSON() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.write(config, "{")
    checkpoint.refuses("invalid JSON at byte 1: expected a key in quotes", at: config, .badData)
    try checkpoint.write(config, "[]")
    checkpoint.refuses("holds no JSON object", at: config, .badData)
    try checkpoint.write(config, "{}")
    checkpoint.refuses("not a checkpoint: no '_class_name' in it", at: config, .badData)
    try checkpoint.remove(config)
    checkpoint.refuses(
      "holds no config.json; give the diffusers directory of the model or of its network",
      at: "transformer", .missingInput)
  }
}
