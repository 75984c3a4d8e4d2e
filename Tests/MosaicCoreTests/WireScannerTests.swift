import MosaicTestSupport
import Testing

@testable import MosaicCore

@Suite struct WireScannerTests {
  /// A tree of nodes: 1 name, 2 children, 3 a number, 4 numbers, 5 data, 6 floats, 7 one child.
  private let schema = WireSchema([
    .init(
      "Node", unpackedSize: 100,
      fields: [
        .init(1, "name", .string), .init(2, "children", .message(0), isRepeated: true),
        .init(3, "number", .varint), .init(4, "numbers", .varint, isRepeated: true),
        .init(5, "data", .bytes, isRepeated: true, isPayload: true),
        .init(6, "floats", .fixed32, isRepeated: true), .init(7, "child", .message(0)),
        .init(8, "double", .fixed64),
      ])
  ])

  private func scan(
    _ bytes: [UInt8], limits: WireScanner.Limits = .init()
  ) throws(WireError) -> WireScan {
    let owned = OwnedBytes(count: bytes.count)
    owned.memory.copyBytes(from: bytes)
    return try WireScanner(schema: schema, limits: limits).scan(
      UnsafeRawBufferPointer(owned.memory))
  }

  private func reason(_ bytes: [UInt8]) -> WireError.Reason? {
    do throws(WireError) {
      _ = try scan(bytes)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func reportsPayloadsWithTheirMessages() throws {
    // A document with data "ab", and a child with data "c" and an unknown field.
    let child: [UInt8] = [0x2A, 1, 0x63, 0x78, 5]
    let bytes: [UInt8] = [0x2A, 2, 0x61, 0x62, 0x12, UInt8(child.count)] + child
    let payloads = try scan(bytes).payloads
    #expect(
      payloads == [
        .init(message: 0, messageStart: 0, field: 4, range: 2..<4),
        .init(message: 0, messageStart: 6, field: 4, range: 8..<9),
      ])
  }

  @Test func acceptsPackedAndUnpackedNumbers() throws {
    #expect(try scan([0x22, 3, 1, 0xFF, 1]).unpackedSize == 100 + 64 + 16)
    #expect(try scan([0x20, 1, 0x20, 2]).unpackedSize == 100 + 2 * 64)
    #expect(try scan([0x32, 8, 0, 0, 0, 0, 0, 0, 0, 0]).unpackedSize == 100 + 64 + 16)
    #expect(try scan([]).payloads.isEmpty)
  }

  @Test(
    arguments: [
      ([0x18], WireError.Reason.truncated),
      ([0x18, 0x80], .truncated),
      ([0x18] + [UInt8](repeating: 0x80, count: 10) + [1], .longVarint),
      // A tenth byte has room for one bit.
      ([0x18] + [UInt8](repeating: 0xFF, count: 9) + [2], .longVarint),
      ([0x00, 0x00], .fieldNumber(0)),
      ([0x80, 0x80, 0x80, 0x80, 0x10, 0x00], .fieldNumber(1 << 29)),
      ([0x0B, 0x0C], .group),
      ([0x5B, 0x5C], .group),
      ([0x0E], .badType(6)),
      ([0x0A, 2, 0x61], .length(needs: 2, left: 1)),
      ([0x0A] + [UInt8](repeating: 0xFF, count: 9) + [1], .length(needs: .max, left: 0)),
      ([0x41, 0, 0], .length(needs: 8, left: 2)),
      // The child would end after its parent.
      ([0x12, 2, 0x0A, 1, 0x61], .length(needs: 1, left: 0)),
      ([0x08, 1], .wireType(field: "Node.name", found: 0)),
      ([0x1A, 1, 0], .wireType(field: "Node.number", found: 2)),
      ([0x3A, 0, 0x3A, 0], .duplicate(field: "Node.child")),
      ([0x18, 0, 0x18, 0], .duplicate(field: "Node.number")),
      ([0x0A, 1, 0x80], .utf8(field: "Node.name")),
      ([0x0A, 3, 0xED, 0xA0, 0x80], .utf8(field: "Node.name")),
      ([0x0A, 3, 0x61, 0, 0x62], .nul(field: "Node.name")),
      ([0x22, 1, 0x80], .truncated),
      ([0x32, 5, 0, 0, 0, 0, 0], .packedSize(field: "Node.floats", count: 5)),
    ] as [([UInt8], WireError.Reason)])
  func refuses(bytes: [UInt8], expected: WireError.Reason) {
    #expect(reason(bytes) == expected)
  }

  @Test func acceptsTheLargestVarint() {
    #expect(reason([0x18] + [UInt8](repeating: 0xFF, count: 9) + [1]) == nil)
  }

  @Test func twoChildrenMayHaveTheSameSingularField() {
    #expect(reason([0x12, 2, 0x18, 0, 0x12, 2, 0x18, 0]) == nil)
  }

  @Test func refusesTenThousandLevelsWithoutRecursion() throws {
    var bytes: [UInt8] = []
    for _ in 0..<10_000 {
      var length: [UInt8] = []
      var count = bytes.count
      repeat {
        length.append(UInt8(count & 0x7F) | (count > 0x7F ? 0x80 : 0))
        count >>= 7
      } while count > 0
      bytes = [0x12] + length + bytes
    }
    #expect(throws: WireError.self) { try scan(bytes) }
    #expect(reason(bytes) == .depth(limit: 16))
    // With the limit out of the way the scanner itself has none.
    let limits = WireScanner.Limits(depth: 10_001)
    #expect(try scan(bytes, limits: limits).unpackedSize == 100 + 10_000 * 164)
  }

  @Test func boundsWhatUnpackingWouldTake() throws {
    // A million empty children in two million bytes.
    let bytes = [[UInt8]](repeating: [0x12, 0], count: 1_000_000).flatMap { $0 }
    #expect(try scan(bytes).unpackedSize == 100 + 1_000_000 * 164)
    #expect(throws: WireError(offset: 200, reason: .size(limit: 100 + 100 * 164))) {
      try scan(bytes, limits: .init(unpackedSize: 100 + 100 * 164))
    }
  }

  @Test func messagesNameFieldAndByte() {
    let error = WireError(offset: 12, reason: .duplicate(field: "Node.child"))
    #expect(error.description == "Node.child is given twice, at byte 12")
    #expect(error.exitStatus == .badData)
  }
}

/// Documents without their payloads.
@Suite struct WireCondensingTests {
  /// 1 name, 2 children, 3 payloads.
  private let schema = WireSchema([
    .init(
      "Node",
      fields: [
        .init(1, "name", .string), .init(2, "children", .message(0), isRepeated: true),
        .init(3, "data", .bytes, isRepeated: true, isPayload: true),
      ])
  ])

  private func condensed(_ message: WireMessage) throws -> [UInt8] {
    let bytes = message.bytes
    return try bytes.withUnsafeBytes {
      try WireScanner(schema: schema).scan($0).condensed($0)
    }
  }

  private func number(_ number: UInt8) -> [UInt8] { [number, 0, 0, 0, 0, 0, 0, 0] }

  @Test func leavesOutUnknownFields() throws {
    let known: WireMessage = .text(1, "a") + .message(2, .text(1, "b"))
    #expect(try condensed(known) == known.bytes)
    let unknown: WireMessage =
      .integer(9, 1 << 40) + .text(1, "a") + .data(8, [1, 2])
      + .message(2, .float(7, 1) + .text(1, "b"))
    #expect(try condensed(unknown) == known.bytes)
    #expect(try condensed(WireMessage()) == [])
  }

  /// The lengths of the messages around get shorter with what is inside, by one byte or two.
  @Test(arguments: [0, 8, 9, 110, 130, 20_000, 3_000_000]) func numbersPayloads(count: Int) throws {
    let payload = [UInt8](repeating: 7, count: count)
    func message(_ first: [UInt8], _ second: [UInt8], _ third: [UInt8]) -> WireMessage {
      .data(3, first)
        + .message(2, .message(2, .data(3, second) + .text(1, "deep")) + .text(1, "b"))
        + .data(3, third) + .text(1, "a")
    }
    #expect(
      try condensed(message(payload, payload, [1]))
        == message(number(0), number(1), number(2))
        .bytes)
  }

  @Test func payloadsDoNotCount() throws {
    let bytes = WireMessage.data(3, [UInt8](repeating: 0, count: 1000)).bytes
    let scan = try bytes.withUnsafeBytes { try WireScanner(schema: schema).scan($0) }
    #expect(scan.unpackedSize == 64 + 64)
  }
}
