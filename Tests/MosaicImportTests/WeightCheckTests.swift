import MosaicCore
import MosaicImport
import Testing

/// Weights against what `config.json` promises.
@Suite struct WeightCheckTests {
  private let belongs = "the weights do not belong to this config.json"

  @Test func namesAMissingTensorWithItsShape() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.rewrite(removing: ["proj_out_1.weight"])
    checkpoint.refuses("1 tensor missing: 'proj_out_1.weight' [64, 32]; \(belongs)", .badData)
  }

  @Test func namesBothShapes() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.rewrite(adding: [("proj_out_2.bias", TensorView([1.0, 2, 3], shape: [3]))])
    checkpoint.refuses(
      "1 of another shape: 'proj_out_2.bias' expected [32], found [3]; \(belongs)", .badData)
  }

  @Test func listsFiveOfEachAndCountsTheRest() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.set("num_layers", to: 3, in: "transformer/config.json")
    try checkpoint.set("attention_head_dim", to: 16, in: "transformer/config.json")
    let error = #expect(throws: ImportError.self) { try checkpoint.load() }
    guard
      case .tensors(let missing, let misshapen, let missingCount, let misshapenCount)? =
        error?.reason
    else {
      Issue.record("\(String(describing: error))")
      return
    }
    // A block has 19 tensors; all others are there, and all but proj_out_2.bias depend on the width.
    #expect(missing.count == 5 && missingCount == 19)
    #expect(misshapen.count == 5 && misshapenCount == 43)
    #expect(
      missing[0]
        == "'transformer_blocks.2.norm1.emb.timestep_embedder.linear_1.weight' [64, 256]")
    #expect(error?.description.contains(" and 14 more; 43 of another shape: ") == true)
    #expect(error?.description.hasSuffix(" and 38 more; \(belongs)") == true)
  }

  @Test func warnsOfTensorsThatNothingReads() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.rewrite(adding: [("extra", TensorView([1.0, 2], shape: [2]))])
    #expect(
      try checkpoint.load().warnings
        == ["\(checkpoint.path): 1 tensors are not used by this architecture: 'extra' [2]"])
  }

  /// diffusers once stored the frozen positions.
  @Test func passesOverStoredPositions() throws {
    let checkpoint = try TinyCheckpoint()
    let positions = TensorView([Float](repeating: 9, count: 512), shape: [1, 16, 32])
    try checkpoint.rewrite(adding: [("pos_embed.pos_embed", positions)])
    #expect(try checkpoint.load().warnings == [])
  }

  @Test func refusesIntegers() throws {
    let checkpoint = try TinyCheckpoint()
    let integers = TensorView([Int64](repeating: 1, count: 32), shape: [32])
    try checkpoint.rewrite(adding: [("proj_out_2.bias", integers)])
    checkpoint.refuses("tensor 'proj_out_2.bias' holds I64, expected floats", .badData)
  }
}
