import MosaicCore
import MosaicIR
import Testing

@testable import MosaicImport

/// The multiply-accumulates of DiT-XL/2 at 256 tokens, which papers quote.
@Suite struct DiTCostTests {
  @Test func countsDiTXL() throws {
    let json: JSONValue = [
      "num_layers": 28, "num_attention_heads": 16, "attention_head_dim": 72, "patch_size": 2,
      "sample_size": 32, "in_channels": 4, "out_channels": 8,
    ]
    var config = try ConfigReader(json, path: "config.json")
    let graph = try DiTTransformer2D.build(&config).0.graph
    let dependent = graph.values(dependingOn: graph.inputs[0])
    let blocks = graph.nodes.filter {
      $0.name.hasPrefix("transformer_blocks") && dependent.contains($0.outputs[0])
    }
    func macs(_ isCounted: (any Operator) -> Bool) -> Double {
      blocks.filter { isCounted($0.operation) }.reduce(0) { $0 + Double(graph.cost(of: $1).macs) }
    }
    #expect(abs(macs { $0 is Linear } / 114.15e9 - 1) <= 1e-3)
    #expect(abs(macs { $0 is Attention } / 4.23e9 - 1) <= 1e-3)
  }
}
