import MosaicCore
import MosaicImport
import MosaicTestSupport
import Testing

/// Initialisers: every way of storing elements, and every way of getting it wrong.
@Suite struct ONNXTensorTests {
  private let tensor = SmallONNX.tensor(_:_:type:raw:_:)

  /// The initialiser `w` of a model that has it.
  private func read(_ message: WireMessage) throws -> TensorView {
    let model = try readONNX(SmallONNX.model(graph: SmallONNX.graph(initialisers: [message])))
    guard let view = model.tensor("w") else { throw Absent(name: "w") }
    return view
  }

  private func refuses(
    _ message: WireMessage, _ problem: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    refusesONNX(
      graph: SmallONNX.graph(initialisers: [message]),
      "initialiser 'w' \(problem); export it again", sourceLocation: sourceLocation)
  }

  @Test(
    arguments: [
      (1, .f32), (2, .u8), (3, .i8), (4, .u16), (5, .i16), (6, .i32), (7, .i64), (9, .bool),
      (10, .f16), (11, .f64), (12, .u32), (13, .u64), (16, .bf16), (17, .f8e4m3), (19, .f8e5m2),
    ] as [(Int, DataType)])
  func readsRawData(type: Int, dataType: DataType) throws {
    let raw = (0..<3 * dataType.byteWidth).map { UInt8($0) }
    let view = try read(tensor("w", [3], type, raw, []))
    #expect(view.dataType == dataType && view.shape == [3])
    #expect(view.bytes.elementsEqual(raw))
  }

  @Test(
    arguments: [
      (1, .data(4, littleEndian(Float(1.5).bitPattern)), littleEndian(Float(1.5).bitPattern)),
      // One by one, and in pieces, as a writer may.
      (1, .float(4, 1.5), littleEndian(Float(1.5).bitPattern)),
      (2, .integer(5, 255), [255]), (3, .integer(5, -1), [255]),
      (4, .integer(5, 0xFFFE), [0xFE, 0xFF]), (5, .integer(5, -2), [0xFE, 0xFF]),
      (6, .integer(5, -2), littleEndian(Int32(-2))),
      (6, .data(5, WireMessage.varint(.max - 1)), littleEndian(Int32(-2))),
      (7, .integer(7, -2), littleEndian(-2)),
      (9, .integer(5, 1), [1]), (10, .integer(5, 0x3C00), [0, 0x3C]),
      (11, .data(10, littleEndian(Double(0.1).bitPattern)), littleEndian(Double(0.1).bitPattern)),
      (12, .integer(11, 1 << 31), littleEndian(UInt32(1 << 31))),
      (13, .integer(11, -1), littleEndian(UInt64.max)), (16, .integer(5, 0x3F80), [0x80, 0x3F]),
      (17, .integer(5, 0x38), [0x38]), (19, .integer(5, 0x3C), [0x3C]),
    ] as [(Int, WireMessage, [UInt8])])
  func readsTypedFields(type: Int, field: WireMessage, bytes: [UInt8]) throws {
    let view = try read(tensor("w", [1], type, nil, [field]))
    #expect(view.bytes.elementsEqual(bytes))
    let two = try read(tensor("w", [1, 2], type, nil, [field, field]))
    #expect(two.bytes.elementsEqual(bytes + bytes))
  }

  @Test func readsScalarsAndEmptyTensors() throws {
    #expect(try read(tensor("w", [], 1, [0, 0, 128, 63], [])).floats() == [1])
    for shape in [[0], [0, 1 << 62], [3, 0]] {
      #expect(try read(tensor("w", shape, 1, [], [])).elementCount == 0)
      #expect(try read(tensor("w", shape, 1, nil, [])).shape == shape)
    }
  }

  /// Weights are not copied: the view lies in the file's own bytes.
  @Test func viewsTheFile() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.file("any name", SmallONNX.model().bytes)
    let view = try #require(try ONNXModel(path: path).tensor("w"))
    let file = try #require(view.owner as? MappedFile)
    #expect(file.path == path)
    let base = try #require(file.bytes.baseAddress)
    #expect((base..<base + file.bytes.count).contains(try #require(view.bytes.baseAddress)))
  }

  @Test func refusesDataThatDoesNotFit() {
    refuses(
      tensor("w", [2], 1, [1, 2, 3, 4], []),
      "needs 8 bytes by shape [2] and type F32, but has 4")
    refuses(
      tensor("w", [1], 1, [UInt8](repeating: 0, count: 5), []),
      "needs 4 bytes by shape [1] and type F32, but has 5")
    refuses(
      tensor("w", [2], 10, nil, [.integer(5, 1)]),
      "needs 4 bytes by shape [2] and type F16, but has 2")
    refuses(tensor("w", [2], 1, nil, []), "has no data")
    refuses(
      tensor("w", [1 << 40, 1 << 40], 1, [1, 2, 3, 4], []),
      "has the shape [1099511627776, 1099511627776], whose elements no memory can hold")
    refuses(
      tensor("w", [1 << 62], 1, [1, 2, 3, 4], []),
      "has the shape [4611686018427387904], whose elements no memory can hold")
    refuses(
      tensor("w", [1 << 40], 1, [1, 2, 3, 4], []),
      "needs 4398046511104 bytes by shape [1099511627776] and type F32, but has 4")
    refuses(tensor("w", [-2], 1, [], []), "has the negative dimension -2")
    refuses(
      tensor("w", [Int](repeating: 1, count: 65), 1, [1, 2, 3, 4], []),
      "has 65 dimensions, over 64")
  }

  @Test func refusesDataInTheWrongPlace() {
    refuses(
      tensor("w", [1], 1, [1, 2, 3, 4], [.float(4, 1)]), "has data in raw_data and in float_data")
    refuses(
      tensor("w", [1], 6, nil, [.float(4, 1), .integer(5, 1)]),
      "has data in float_data and in int32_data")
    refuses(
      tensor("w", [1], 1, nil, [.integer(5, 1)]), "of type F32 has its data in int32_data")
    refuses(tensor("w", [1], 7, nil, [.integer(5, 1)]), "of type I64 has its data in int32_data")
    refuses(
      tensor("w", [1], 2, nil, [.integer(5, 256)]),
      "has the element 256, which its type does not hold")
    refuses(
      tensor("w", [1], 10, nil, [.integer(5, -1)]),
      "has the element -1, which its type does not hold")
    refuses(
      tensor("w", [1], 1, nil, [.message(13, .text(1, "location") + .text(2, "d"))]),
      "names external data, but is not marked as external")
  }

  @Test func refusesTypes() {
    refuses(tensor("w", [1], 0, [0], []), "has the element type 0, which is none")
    refuses(tensor("w", [1], 27, [0], []), "has the element type 27, which is none")
    for (type, name) in [
      (8, "STRING"), (14, "COMPLEX64"), (15, "COMPLEX128"), (18, "FLOAT8E4M3FNUZ"),
      (20, "FLOAT8E5M2FNUZ"), (21, "UINT4"), (22, "INT4"), (23, "FLOAT4E2M1"), (24, "FLOAT8E8M0"),
      (25, "UINT2"), (26, "INT2"),
    ] {
      refusesONNX(
        graph: SmallONNX.graph(initialisers: [tensor("w", [1], type, [0], [])]),
        "initialiser 'w' has elements of type \(name), which is not supported; export it with"
          + " floats of 16 or 32 bits", .unsupported)
    }
    refusesONNX(
      graph: SmallONNX.graph(initialisers: [tensor("w", [1], 1, [1, 2, 3, 4], [.data(3, [])])]),
      "initialiser 'w' is a segment of a tensor, which is not supported; export it with floats of"
        + " 16 or 32 bits", .unsupported)
    refusesONNX(
      graph: SmallONNX.graph(.data(15, [])),
      "an initialiser of graph 'main' is a sparse tensor, which is not supported; export it with"
        + " floats of 16 or 32 bits", .unsupported)
    refusesONNX(
      graph: SmallONNX.graph(initialisers: [tensor("", [1], 1, [1, 2, 3, 4], [])]),
      "'' is an initialiser without a name; export it again")
  }
}

extension SmallONNX {
  fileprivate static func graph(_ more: WireMessage) -> WireMessage { graph() + more }
}
