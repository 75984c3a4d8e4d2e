import Foundation
import MosaicCore
import Testing

@Suite struct SafetensorsTests {
  @Test func readsWhatTheReferenceAccepts() throws {
    let file = try read(
      safetensors(
        """
         \n{"__metadata__":{"k":"v"},\(entry("b", "F32", "[]", 5, 9)),\
        \(entry("a", "U8", "[5]", 0, 5)),\(entry("", "BOOL", "[1]", 9, 10)),\
        \(entry("none", "F64", "[0,4611686018427387904]", 0, 0))}\t\r\n
        """, dataCount: 10))
    #expect(file.names == ["none", "a", "b", ""])
    #expect(file.metadata.map(\.0) == ["k"])
    #expect(file.metadata.map(\.1) == ["v"])
    #expect(file.entry("none")?.shape == [0, 1 << 62])
    #expect(file.tensor("none")?.bytes.count == 0)
    // At an odd address in the file.
    #expect(try file.tensor("b")?.floats() == [Float(bitPattern: 0x0807_0605)])
    #expect(file.tensor("b")?.shape == [])
    #expect(file.tensor("")?.integers() == [1])
    #expect(file.tensor("c") == nil)
    #expect(file.warnings.isEmpty)
  }

  @Test func warnsOfUnknownFields() throws {
    let file = try read(
      safetensors(
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1,"y":[{}]}}"#, dataCount: 1))
    #expect(
      file.warnings == [
        "w.safetensors: 2 tensor fields besides dtype, shape and data_offsets are ignored;"
          + " the first is 'x' of tensor 'a'"
      ])
  }

  /// A header of 640 bytes begins like a pickle.
  @Test func isNotMistakenForAPickle() throws {
    let header = "{\(entry("a", "U8", "[1]", 0, 1))}"
    let padding = String(repeating: " ", count: 640 - header.utf8.count)
    let bytes = safetensors(header + padding, dataCount: 1)
    #expect(bytes.starts(with: [0x80, 2]))
    #expect(try read(bytes).names == ["a"])
  }

  /// Every prefix of a file is refused, none crashes.
  @Test func refusesTruncationAtEveryByte() throws {
    let whole = referenceFile
    #expect(try read(whole).names.count == 6)
    for count in 0..<whole.count {
      let error = #expect(throws: SafetensorsError.self) { try read(Array(whole.prefix(count))) }
      #expect(error?.exitStatus == .badData)
    }
  }

  @Test func readsManyTensorsInAShortTime() throws {
    let count = 100_000
    let entries = (0..<count).map {
      entry("layers.\($0).weight", "F32", "[1,1]", 4 * $0, 4 * $0 + 4)
    }
    // Last first, so that sorting has work to do.
    let header = "{\(entries.reversed().joined(separator: ","))}"
    let bytes = safetensors(header, dataCount: 4 * count)
    let clock = ContinuousClock()
    var names: [String] = []
    let time = try clock.measure { names = try read(bytes).names }
    #expect(names.count == count)
    #expect(names.first == "layers.0.weight")
    // About 0.2 s; quadratic work would take minutes.
    #expect(time < .seconds(20))
  }

  @Test func boundsTimeAndMemoryOfMillionsOfValues() {
    let header = "{\"a\":[" + String(repeating: "0,", count: 10_000_000) + "0]}"
    let error = #expect(throws: SafetensorsError.self) { try read(safetensors(header)) }
    #expect(
      error?.description
        == "w.safetensors: its header is invalid JSON at byte 8000010: more than 4000000 values;"
        + " copy or write it again")
  }
}

@Suite struct SafetensorsWriterTests {
  let directory: TemporaryDirectory
  var path: String { "\(directory.path)/w.safetensors" }

  init() throws { directory = try TemporaryDirectory() }

  /// The tensors of `referenceFile`, in another order.
  private var tensors: [(name: String, tensor: TensorView)] {
    [
      ("s", TensorView([3.5], shape: [], storedAs: .bf16)),
      ("é", TensorView([0.5, -0.25, 65_504], shape: [3], storedAs: .f16)),
      ("m", view(.bool, [1, 0, 1])),
      ("e", TensorView([Float](), shape: [0, 4])),
      ("b", TensorView([1, 2] as [Float], shape: [2])),
      ("a", TensorView([1, -2] as [Int64], shape: [2, 1])),
    ]
  }

  @Test func writesTheReferencesBytes() throws {
    try SafetensorsWriter.write(tensors, metadata: [("format", "pt")], to: path)
    #expect(try MappedFile(path: path).withBytes { Array($0) } == referenceFile)
  }

  /// safetensors.torch.save of one tensor a type lists them so.
  @Test func ordersTypesAsTheReference() throws {
    let all = DataType.allCases.map {
      (name: $0.rawValue, tensor: view($0, [UInt8](repeating: 0, count: $0.byteWidth)))
    }
    try SafetensorsWriter.write(all, to: path)
    #expect(
      try SafetensorsReader(path: path).names == [
        "U64", "I64", "F64", "F32", "U32", "I32", "BF16", "F16", "U16", "I16", "F8_E4M3",
        "F8_E5M2", "I8", "U8", "BOOL",
      ])
  }

  @Test func readsBackWhatItWrites() throws {
    let odd = [("quote\"\\\n\u{1}", "x"), ("", "é")]
    try SafetensorsWriter.write(tensors, metadata: odd, to: path)
    let file = try SafetensorsReader(path: path)
    #expect(file.metadata.map(\.0) == odd.map(\.0))
    #expect(file.metadata.map(\.1) == odd.map(\.1))
    #expect(Set(file.names) == Set(tensors.map(\.name)))
    for (name, tensor) in tensors {
      let stored = try #require(file.tensor(name))
      #expect(stored.dataType == tensor.dataType)
      #expect(stored.shape == tensor.shape)
      #expect(stored.byteArray == tensor.byteArray)
      #expect(Int(bitPattern: stored.bytes.baseAddress) % tensor.dataType.byteWidth == 0)
    }
  }

  @Test func replacesTheFileItReads() throws {
    try SafetensorsWriter.write(tensors, to: path)
    let file = try SafetensorsReader(path: path)
    let again = try file.names.map { (name: $0, tensor: try #require(file.tensor($0))) }
    let before = try MappedFile(path: path).withBytes { Array($0) }
    try SafetensorsWriter.write(again, to: path)
    #expect(try MappedFile(path: path).withBytes { Array($0) } == before)
    #expect(throws: FileError(path: path, reason: .exists, isOutput: true)) {
      try SafetensorsWriter.write(again, to: path, replacing: false)
    }
  }

  @Test func refusesWhatTheFormatCannotHold() throws {
    let one = TensorView([1] as [Float], shape: [1])
    let refusals:
      [([(name: String, tensor: TensorView)], [(String, String)], SafetensorsError.Reason)] = [
        ([], [], .noTensors),
        ([("a", one), ("a", one)], [], .duplicateName("a")),
        ([("__metadata__", one)], [], .reservedName),
        ([("a", one)], [("k", ""), ("k", "")], .duplicateName("k")),
      ]
    for (tensors, metadata, reason) in refusals {
      let error = #expect(throws: SafetensorsError.self) {
        try SafetensorsWriter.write(tensors, metadata: metadata, to: path)
      }
      #expect(error?.reason == reason)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
  }
}
