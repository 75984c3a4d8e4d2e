import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

/// Transposed convolutions and pools, against their definitions in plain loops.
@Suite struct ONNXWindowTests {
  struct Transposed: Sendable {
    var extents: [Int]
    var kernel: [Int]
    var strides: [Int]?
    var dilations: [Int]?
    var pads: [Int]?
    var more: [Int]?
    var outputShape: [Int]?
    var automatic: String?
    var groups = 1
    /// Where the first element of the result lies in what is scattered, and how many it has.
    var places: [Range<Int>]
  }

  static let transposed: [Transposed] = [
    Transposed(extents: [4], kernel: [3], places: [0..<6]),
    Transposed(extents: [3, 3], kernel: [3, 3], strides: [3, 2], places: [0..<9, 0..<7]),
    Transposed(
      extents: [4, 3], kernel: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1], more: [1, 0],
      places: [1..<9, 0..<5]),
    Transposed(extents: [3, 3], kernel: [2, 2], dilations: [2, 2], places: [0..<5, 0..<5]),
    Transposed(
      extents: [3, 4], kernel: [3, 3], strides: [2, 1], groups: 2, places: [0..<7, 0..<6]),
    // Padded by more than the kernel reaches: some of x is not read.
    Transposed(extents: [5], kernel: [2], strides: [1], pads: [2, 2], places: [2..<4]),
    Transposed(
      extents: [3, 3], kernel: [3, 3], strides: [3, 2], outputShape: [10, 8],
      places: [0..<10, 0..<8]),
    Transposed(
      extents: [3, 3], kernel: [3, 3], strides: [2, 2], automatic: "SAME_UPPER",
      places: [0..<6, 0..<6]),
    Transposed(
      extents: [3, 3], kernel: [3, 3], strides: [2, 2], automatic: "SAME_LOWER",
      places: [1..<7, 1..<7]),
    Transposed(
      extents: [3], kernel: [4], strides: [2], outputShape: [5], places: [2..<7]),
  ]

  @Test(arguments: transposed) func transposedConvolution(example: Transposed) throws {
    let (inner, outer, groups) = (4, 3, example.groups)
    var random = SplitMix64(seed: 2)
    let x = random.floats(2 * inner * example.extents.reduce(1, *))
    let weight = random.floats(inner * outer * example.kernel.reduce(1, *))
    let bias = random.floats(outer * groups)
    var attributes: [WireMessage] = groups == 1 ? [] : [integer("group", groups)]
    for (name, values) in [
      ("strides", example.strides), ("dilations", example.dilations), ("pads", example.pads),
      ("output_padding", example.more), ("output_shape", example.outputShape),
    ] {
      if let values { attributes.append(integers(name, values)) }
    }
    if let automatic = example.automatic { attributes.append(text("auto_pad", automatic)) }
    let shape = [2, inner] + example.extents
    let nodes = ONNXNodes(
      nodes: [node("ConvTranspose", ["x", "w", "b"], attributes)],
      initialisers: [
        floats("w", [inner, outer] + example.kernel, weight), floats("b", [outer * groups], bias),
      ], inputs: [SmallONNX.value("x", shape: shape)])
    let y = try nodes.run(["x": Tensor(x, shape: shape)])[0]
    #expect(y.shape == [2, outer * groups] + example.places.map(\.count))
    let expected = scattered(x, weight, bias, example, outer: outer)
    // 36 products of numbers below 1 at most.
    #expect(zip(y.floats, expected).allSatisfy { abs(Double($0) - $1) <= 1e-5 })
  }

  /// Every element of x adds its kernel to where it lies.
  private func scattered(
    _ x: [Float], _ weight: [Float], _ bias: [Float], _ example: Transposed, outer: Int
  ) -> [Double] {
    let groups = example.groups
    let axes = example.extents.indices
    let strides = example.strides ?? axes.map { _ in 1 }
    let dilations = example.dilations ?? axes.map { _ in 1 }
    let places = example.places.map(\.count)
    let size = places.reduce(1, *)
    var y = (0..<2 * outer * groups * size).map { Double(bias[$0 / size % bias.count]) }
    for (position, value) in x.enumerated() {
      let at = coordinates(position, [2, 4] + example.extents)
      let group = at[1] / (4 / groups)
      for (tap, factor) in weight.enumerated() {
        let of = coordinates(tap, [4, outer] + example.kernel)
        guard of[0] == at[1] else { continue }
        let to = axes.map {
          at[$0 + 2] * strides[$0] + of[$0 + 2] * dilations[$0] - example.places[$0].lowerBound
        }
        guard axes.allSatisfy({ (0..<places[$0]).contains(to[$0]) }) else { continue }
        let place = zip(to, places).reduce(0) { $0 * $1.1 + $1.0 }
        y[((at[0] * groups + group) * outer + of[1]) * size + place] +=
          Double(value) * Double(factor)
      }
    }
    return y
  }

  private func coordinates(_ position: Int, _ shape: [Int]) -> [Int] {
    var rest = position
    return shape.reversed().map { extent in
      defer { rest /= extent }
      return rest % extent
    }.reversed()
  }

  /// One axis; where the number of places is rounded up the last may hang over, but begins inside.
  @Test(
    arguments: [
      (6, 3, 2, 0, 0), (7, 3, 2, 1, 1), (8, 2, 3, 0, 0), (5, 2, 3, 0, 1), (6, 3, 2, 1, 0),
    ],
    ["MaxPool", "AveragePool", "AveragePool with pads"])
  func ceiledPools(sizes: (Int, Int, Int, Int, Int), kind: String) throws {
    let (extent, kernel, step, before, after) = sizes
    var random = SplitMix64(seed: 3)
    let x = random.floats(extent)
    let counts = kind.hasSuffix("pads")
    let nodes = ONNXNodes(
      nodes: [
        node(
          String(kind.prefix { $0 != " " }), ["x"],
          [
            integers("kernel_shape", [kernel]), integers("strides", [step]),
            integers("pads", [before, after]), integer("ceil_mode", 1),
          ] + (counts ? [integer("count_include_pad", 1)] : []))
      ], inputs: [SmallONNX.value("x", shape: [1, 1, extent])])
    let y = try nodes.run(["x": Tensor(x, shape: [1, 1, extent])])[0].floats

    var expected: [Double] = []
    var start = -before
    while start < extent, start + kernel - step < extent + after {
      let inside = (start..<start + kernel).filter { (0..<extent).contains($0) }
      let counted = (start..<start + kernel).count { (-before..<extent + after).contains($0) }
      let values = inside.map { Double(x[$0]) }
      expected.append(
        kind == "MaxPool"
          ? values.max() ?? .nan : values.reduce(0, +) / Double(counts ? counted : inside.count))
      start += step
    }
    #expect(y.count == expected.count)
    #expect(zip(y, expected).allSatisfy { abs(Double($0) - $1) <= 1e-6 })
  }

  @Test func refusals() {
    func nodes(_ attributes: [WireMessage], kernel: [Int] = [4, 3, 3, 3]) -> ONNXNodes {
      ONNXNodes(
        nodes: [node("ConvTranspose", ["x", "w"], attributes)], initialisers: [ones("w", kernel)],
        inputs: [SmallONNX.value("x", shape: [2, 4, 3, 3])])
    }
    func message(_ problem: String) -> String {
      "node of 'y' (ConvTranspose) \(problem); export it again"
    }
    nodes([], kernel: [4, 3, 3]).refuses(
      message("convolves [2, 4, 3, 3] with [4, 3, 3]"), .badData)
    nodes([integer("group", 3)]).refuses(
      message("convolves [2, 4, 3, 3] with [4, 3, 3, 3]"), .badData)
    nodes([integers("pads", [9, 9, 9, 9])]).refuses(
      message("has pads that leave nothing of [2, 4, 3, 3]"), .badData)
    nodes([integers("output_shape", [5])]).refuses(
      message("has an output_shape or output_padding that does not fit [2, 4, 3, 3]"), .badData)
    nodes([integers("strides", [1 << 40, 1])]).refuses(
      message("has a window that does not fit [2, 4, 3, 3]"), .badData)
    #expect(throws: ONNXError.self) {
      try nodes([integers("strides", [1 << 30, 1 << 30])]).network()
    }
  }
}

private func floats(_ name: String, _ shape: [Int], _ values: [Float]) -> WireMessage {
  SmallONNX.tensor(name, shape, raw: values.flatMap { littleEndian($0.bitPattern) })
}
