import MosaicCore
import Testing

@testable import MosaicBundle

@Suite struct BundleErrorTests {
  private static let cases: [(BundleError.Reason, String, MosaicCore.ExitStatus)] = [
    (
      .file(FileError(path: "a.mosaic", reason: .missing, isOutput: false)),
      "a.mosaic: no such file; check the path", .missingInput
    ),
    (
      .magic, "a.mosaic: is not a mosaic bundle; write one with 'mosaic convert'", .badData
    ),
    (
      .mangled,
      "a.mosaic: was changed by a text-mode transfer; copy it again in binary mode", .badData
    ),
    (
      .truncated(section: "the header", needs: 128, left: 5),
      "a.mosaic: the header needs 128 bytes but 5 are left; copy or convert it again", .badData
    ),
    (
      .trailing(bytes: 3), "a.mosaic: has 3 bytes after its end; copy or convert it again",
      .badData
    ),
    (
      .version(found: 2, supported: 1...1),
      "a.mosaic: format 2 is outside 1...1, which this mosaic reads; use a newer one",
      .unsupported
    ),
    (
      .feature(bit: 4),
      "a.mosaic: needs feature bit 4, which this mosaic does not know; use a newer one",
      .unsupported
    ),
    (
      .checksum(section: "chunk 3"),
      "a.mosaic: chunk 3 does not match its checksum; copy or convert it again", .badData
    ),
    (
      .wire(WireError(offset: 9, reason: .group)),
      "a.mosaic: manifest: groups are not supported, at byte 9; copy or convert it again",
      .badData
    ),
    (
      .inconsistent(section: "chunk 1", problem: "starts at 1 instead of 128"),
      "a.mosaic: chunk 1: starts at 1 instead of 128; convert it again", .badData
    ),
    (
      .limit(what: "the number of variants", value: 257, limit: 256),
      "a.mosaic: the number of variants is 257, more than the format's 256; convert it again",
      .badData
    ),
    (
      .unsupported(kind: "codec", name: "9\n", place: "chunk 0"),
      "a.mosaic: chunk 0: codec '9\\u{a}' is unknown to this mosaic; use a newer one",
      .unsupported
    ),
    (
      .unknownProgram(variant: "early", what: "operation 'x'"),
      "a.mosaic: variant 'early': operation 'x' is unknown to this mosaic; use a newer one",
      .unsupported
    ),
    (
      .program(variant: "early", ProgramError(.instruction(2), "has the size 0")),
      "a.mosaic: variant 'early': instruction 2: has the size 0; convert it again", .badData
    ),
    (
      .memory(what: "variant 'early'", needs: 8, limit: 4),
      "a.mosaic: variant 'early' needs 8 bytes of memory but 4 are allowed; raise the limit",
      .unsupported
    ),
  ]

  @Test(arguments: cases.indices) func saysWhereWhatAndWhatToDo(index: Int) {
    let (reason, text, status) = Self.cases[index]
    let error = BundleError(path: "a.mosaic", reason: reason)
    #expect(error.description == text)
    #expect(error.exitStatus == status)
  }
}
