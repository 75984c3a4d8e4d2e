import Testing

@Suite struct GraphDescriptionTests {
  @Test func printsALineANode() throws {
    #expect(
      try smallGraph().description == """
        graph 20 MACs a sample, 24 parameters
          input %x: [n, 3]
          %first: [n, 4] = linear(%x, @first.weight [4, 3], @first.bias [4])  // 12 MACs
          %act: [n, 4] = activate(%first) {function = silu}
          %second: [n, 2] = linear(%act, @second.weight [2, 4])  // 8 MACs
          output %second
        """)
  }
}
