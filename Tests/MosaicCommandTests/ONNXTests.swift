import MosaicCore
import MosaicTestSupport
import Testing

/// ONNX models on the command line.
@Suite struct ONNXTests {
  let workspace: Workspace
  private let model = Fixtures.path("tiny-dit-onnx/model.dynamic.opset18.onnx")

  init() throws { workspace = try Workspace() }

  @Test func inspectText() throws {
    let result = try mosaic("inspect", model)
    #expect(result.status == 0)
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n")
    try #require(lines.count == 8)
    #expect(
      lines[0]
        == "\(model): ONNX, IR version 10, ai.onnx 18, written by pytorch 2.13.0+cpu")
    #expect(lines[1].hasPrefix("166 nodes, "))
    #expect(lines[1].hasSuffix(" parameters, 65 initialisers of 240.4 KiB"))
    #expect(lines[2] == "input hidden_states: FLOAT [batch, 4, 8, 8]")
    #expect(lines[5] == "output output: FLOAT [batch, 8, 8, 8]")
    #expect(lines[6].hasPrefix("operators: Add "))
    #expect(lines[7] == "external data: \(model).data")
  }

  @Test func inspectTensors() throws {
    let plain = try mosaic("inspect", model)
    let result = try mosaic("inspect", model, "--tensors")
    #expect(result.output.hasPrefix(plain.output + "  tensor "))
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 8 + 1 + 65)
    #expect(lines.contains { $0.contains("m.proj_out_1.weight") && $0.contains("64x32") })
  }

  @Test func inspectJSON() throws {
    let json = try mosaic("inspect", model, "--json").json()
    #expect(json["schema"] == "mosaic.inspect/1")
    #expect(json["kind"] == "onnx")
    #expect(json["ir_version"] == 10)
    #expect(json["operator_sets"] == [["domain": "ai.onnx", "version": 18]])
    #expect(json["producer"] == "pytorch 2.13.0+cpu")
    #expect(
      json["inputs"]?.array?.first == [
        "name": "hidden_states", "dtype": "FLOAT", "shape": ["batch", 4, 8, 8],
      ])
    #expect(json["nodes"] == 166)
    let counts = try #require(json["operators"]?.array).map { $0["count"]?.int ?? 0 }
    #expect(counts.reduce(0, +) == 166)
    #expect(counts == counts.sorted(by: >))
    #expect(json["files"]?.array?.count == 2)
    let tensors = try #require(json["tensors"]?.array)
    #expect(tensors.count == 65)
    #expect(tensors.reduce(0) { $0 + ($1["bytes"]?.int ?? 0) } == json["tensor_bytes"]?.int)
  }

  /// Told apart by content, not by name.
  @Test func anyName() throws {
    let copy = try workspace.directory.file("weights.bin", SmallONNX.model().bytes)
    #expect(try mosaic("inspect", copy).output.hasPrefix("\(copy): ONNX, IR version 8"))
    let tensors = Fixtures.path("tiny-dit/golden.safetensors")
    let misnamed = try workspace.directory.file("tensors.onnx", try readBytes(tensors))
    #expect(try mosaic("inspect", misnamed).output.hasPrefix("\(misnamed): 4 tensors"))
    let bundle = try workspace.bundle("bundle.onnx")
    #expect(try mosaic("inspect", bundle).output.hasPrefix("\(bundle): DiT"))
  }

  /// What is nothing else goes by its name, so that the message fits.
  @Test func refusesDamagedFiles() throws {
    let empty = try workspace.directory.file("empty.onnx")
    expectRefusal(
      try mosaic("inspect", empty), .badData,
      "\(empty): is an empty file; copy or export it again")
    let noise = try workspace.directory.file("noise.onnx", [0xFF, 0x12, 0x55, 3, 9, 1, 4, 200, 7])
    let result = try mosaic("inspect", noise)
    #expect(result.errors.hasPrefix("mosaic: \(noise): is no ONNX model, or damaged: "))
    #expect(result.status == ExitStatus.badData.rawValue)
    let pointer = try workspace.directory.file(
      "pointer.onnx", Array("version https://git-lfs.github.com/spec/v1\n".utf8))
    expectRefusal(
      try mosaic("inspect", pointer), .badData,
      "\(pointer): is a Git LFS pointer (43 bytes), not weights; run git lfs pull")
  }

  @Test func warnsOnStandardError() throws {
    let graph = SmallONNX.graph(
      nodes: [SmallONNX.node("Abs", ["a"], ["y"]), SmallONNX.node("Neg", ["x"], ["a"])])
    let path = try workspace.directory.file("m", SmallONNX.model(graph: graph).bytes)
    let result = try mosaic("inspect", path)
    #expect(
      result.errors
        == "mosaic: warning: \(path): the nodes of graph 'main' are not in order; they were sorted\n"
    )
    #expect(result.status == 0)
  }

  /// Names from strangers cannot steer a terminal.
  @Test func escapesNames() throws {
    let evil = "e\u{1B}[2J\n"
    let graph = SmallONNX.graph(
      nodes: [SmallONNX.node(evil, [evil], ["y"])], inputs: [SmallONNX.value(evil)])
    let path = try workspace.directory.file("m", SmallONNX.model(graph: graph).bytes)
    let result = try mosaic("inspect", path)
    #expect(result.output.contains(#"input e\u{1b}[2J\u{a}: FLOAT [2]"#))
    #expect(!result.output.contains("\u{1B}"))
  }

  /// The groups are those of the checkpoint that was exported.
  @Test(arguments: ["model.dynamic.opset18.onnx", "model.torchscript.onnx"])
  func groups(export: String) throws {
    func table(_ path: String) throws -> [[Substring]] {
      let lines = try mosaic("inspect", path, "--groups").output.split(separator: "\n")
      let header = try #require(lines.firstIndex { $0.contains("MACs/unit") })
      // Without names, which exporters change.
      return lines[(header + 1)...].filter { $0.contains(" heads ") || $0.contains(" neurons ") }
        .map { $0.split(separator: " ").dropFirst().prefix { $0 != "%" } }.map(Array.init)
    }
    let own = try table(Fixtures.path("tiny-dit"))
    #expect(own.count == 4)
    #expect(try table(Fixtures.path("tiny-dit-onnx/\(export)")) == own)
  }

  /// For scripts the same, but for names and the order of neighbours.
  @Test func groupsInJSON() throws {
    let own = try mosaic("inspect", Fixtures.path("tiny-dit"), "--json").json()
    let found = try mosaic("inspect", model, "--groups", "--json").json()
    #expect(try mosaic("inspect", model, "--json").json()["groups"] == nil)
    #expect(found["macs_per_forward"] == own["macs_per_forward"])
    let (groups, expected) = (found["groups"]?.array ?? [], own["groups"]?.array ?? [])
    #expect(groups.count == 4 && expected.count == 4)
    for (group, checkpoint) in zip(groups, expected) {
      for key in ["kind", "units", "unit_size", "balance", "macs_per_unit"] {
        #expect(group[key] == checkpoint[key], "\(key)")
      }
      #expect(group["consumers"]?.array?.count == 1)
    }
    #expect(found["pinned"]?.array?.count == own["pinned"]?.array?.count)
    #expect(found["pinned"]?.array?.allSatisfy { $0["reason"] != nil } == true)
  }

  @Test func groupsNeedASample() throws {
    let path = try workspace.directory.file("m", SmallONNX.model().bytes)
    expectRefusal(
      try mosaic("inspect", path, "--groups"), .unsupported,
      "\(path): has no input of floats with three axes or more, so none can be the sample; only"
        + " networks that denoise one have pruning groups")
  }

  /// The network with a symbolic batch, or with all extents bound.
  @Test func graph() throws {
    let result = try mosaic("inspect", model, "--graph")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.contains("  input %hidden_states: [n, 4, 8, 8]"))
    #expect(lines.last == "  output %output")
    let bound = try mosaic("inspect", model, "--graph", "--shape", "hidden_states=3,4,8,8")
    #expect(bound.output.contains("\n  input %timestep: i64 [3]\n"))
    expectRefusal(
      try mosaic("inspect", model, "--graph", "--shape", "hidden_states=3,4,8,9"), .usage,
      "\(model): input 'hidden_states' is FLOAT [batch, 4, 8, 8], and cannot be [3, 4, 8, 9]")
    expectRefusal(
      try mosaic("inspect", model, "--graph", "--shape", "nothing=3"), .usage,
      "--shape: no input 'nothing'; there are hidden_states, timestep, class_labels")
    expectRefusal(
      try mosaic("inspect", model, "--graph", "--shape", "timestep=3", "--shape", "timestep=3"),
      .usage, "--shape: 'timestep' is given twice")
  }

  @Test(arguments: ["golden", "golden3"]) func check(recording: String) throws {
    let reference = Fixtures.path("tiny-dit/\(recording).safetensors")
    let result = try mosaic("check", model, "--reference", reference)
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.hasPrefix("largest relative error "))
    #expect(result.output.hasSuffix(" on 1 output: within 0.000100\n"))
    let strict = try mosaic("check", model, "--reference", reference, "--tolerance", "0", "--json")
    #expect(strict.status == ExitStatus.answerIsNo.rawValue)
    let json = try strict.json()
    #expect(json["schema"] == "mosaic.check/1" && json["alike"] == false)
    #expect(json["outputs"]?.array?.first?["name"] == "output")
    #expect(json["relative_error"]?.double ?? 1 < 1e-4)
  }

  @Test func checkRefusals() throws {
    let golden = Fixtures.path("tiny-dit/golden.safetensors")
    let fixed = Fixtures.path("tiny-dit-onnx/model.torchscript.onnx")
    let glyph = Fixtures.path("glyph-dit/check.0.safetensors")
    expectRefusal(
      try mosaic("check", fixed, "--reference", glyph), .badData,
      "\(glyph): tensor 'hidden_states' must be FLOAT [2, 4, 8, 8], found [4, 1, 16, 16]")
    let other = try workspace.directory.file(
      "m.onnx", SmallONNX.model(graph: SmallONNX.graph(inputs: [SmallONNX.value("z")])).bytes)
    expectRefusal(
      try mosaic("check", other, "--reference", golden), .badData,
      "\(other): node of 'y' (Add) reads 'x', which nothing defines; export it again")
    let sum = try workspace.directory.file("sum.onnx", SmallONNX.model().bytes)
    expectRefusal(
      try mosaic("check", sum, "--reference", golden), .badData,
      "\(golden): holds no tensor 'x'; record every input of the network by its name, and"
        + " 'output'")
    let unheard = try workspace.directory.file(
      "unheard.onnx",
      SmallONNX.model(
        graph: SmallONNX.graph(
          nodes: [SmallONNX.node("Unheard", ["timestep"], ["y"])],
          inputs: [SmallONNX.value("timestep")])
      ).bytes)
    expectRefusal(
      try mosaic("check", unheard, "--reference", golden), .unsupported,
      "\(unheard): 1 node cannot be imported: node of 'y' (Unheard) is an operator that is not"
        + " supported")
  }

  @Test func sectionsOfBundles() throws {
    expectRefusal(
      try mosaic("inspect", model, "--variants"), .usage,
      "\(model): is an ONNX model; --variants takes a bundle")
  }

}
