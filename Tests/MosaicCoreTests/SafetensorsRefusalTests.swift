import MosaicCore
import Testing

/// A file that is refused, and the whole of what is said.
struct Refusal: Sendable, CustomTestStringConvertible {
  var name: String
  var bytes: [UInt8]
  var message: String
  var status = MosaicCore.ExitStatus.badData

  init(
    _ name: String, _ bytes: [UInt8], _ message: String, _ status: MosaicCore.ExitStatus = .badData
  ) {
    self.name = name
    self.bytes = bytes
    self.message = message
    self.status = status
  }

  init(_ name: String, header: String, dataCount: Int = 0, _ message: String) {
    self.init(name, safetensors(header, dataCount: dataCount), message)
  }

  var testDescription: String { name }
}

@Suite struct SafetensorsRefusalTests {
  @Test(arguments: containers + headers + entries + layouts)
  func refuses(_ refusal: Refusal) {
    let error = #expect(throws: SafetensorsError.self) { try read(refusal.bytes) }
    #expect(error?.description == "w.safetensors: " + refusal.message)
    #expect(error?.exitStatus == refusal.status)
  }

  static let containers: [Refusal] = [
    Refusal(
      "empty file", [],
      "has 0 bytes, fewer than the 8 of a safetensors header's length; copy it again"),
    Refusal(
      "seven bytes", [1, 0, 0, 0, 0, 0, 0],
      "has 7 bytes, fewer than the 8 of a safetensors header's length; copy it again"),
    Refusal(
      "Git LFS pointer",
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".utf8),
      "is a Git LFS pointer (63 bytes), not weights; run git lfs pull"),
    Refusal(
      "web page", Array("\r\n<!DOCTYPE html><html></html>".utf8),
      "is a web page, not weights; download it again, with a login where it asks for one"),
    Refusal(
      "zip archive", [0x50, 0x4B, 3, 4, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 20),
      "is a zip archive (PyTorch writes .pt and .ckpt so), not safetensors; loading it could run"
        + " code, so convert it in Python with safetensors.torch.save_file"),
    Refusal(
      "pickle", [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9],
      "is a Python pickle, not safetensors; loading it could run code, so convert it in Python with"
        + " safetensors.torch.save_file"),
    Refusal(
      "header over 100 MB", [1, 0xE1, 0xF5, 5, 0, 0, 0, 0],
      "its header would be 100000001 bytes, over the limit of 100000000; it is no safetensors file,"
        + " or damaged"),
    Refusal(
      "header of 2^63 bytes", [0, 0, 0, 0, 0, 0, 0, 0x80],
      "its header would be 9223372036854775808 bytes, over the limit of 100000000; it is no"
        + " safetensors file, or damaged"),
    Refusal(
      "header of -1 bytes", [UInt8](repeating: 0xFF, count: 8),
      "its header would be 18446744073709551615 bytes, over the limit of 100000000; it is no"
        + " safetensors file, or damaged"),
    Refusal(
      "header past the end", [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D],
      "its header needs 3 bytes after the first 8, but the file has 10; copy it again"),
  ]

  static let headers: [Refusal] = [
    json("byte order mark", "\u{FEFF}{}", 8, "a byte order mark is not allowed"),
    json("NUL padding", "{}\0\0", 10, "something follows the value"),
    json("trailing comma", "{\"a\":1,}", 15, "expected a key in quotes"),
    json(
      "depth 100,000", String(repeating: "[", count: 100_000), 72, "nested deeper than 64"),
    json("lone surrogate", #"{"\ud800":1}"#, 10, "half a surrogate pair"),
    json(
      "duplicate tensor", "{\(entry("a", "U8", "[1]", 0, 1)),\(entry("a", "I8", "[1]", 0, 1))}", 61,
      "key 'a' is there twice"),
    json(
      "duplicate metadata key", #"{"__metadata__":{"k":"1","k":"2"}}"#, 33,
      "key 'k' is there twice"),
    json(
      "duplicate metadata", #"{"__metadata__":{},"__metadata__":{}}"#, 27,
      "key '__metadata__' is there twice"),
    Refusal(
      "invalid UTF-8", safetensors([0x7B, 0x22, 0xFF, 0x22, 0x7D], data: []),
      "its header is invalid JSON at byte 9: string is not valid UTF-8; copy or write it again"),
    Refusal("no object", header: "[]", "its header is an array, not an object; write it again"),
    Refusal(
      "no tensors", header: "{}", "holds no tensors; check that it is the file with the weights"),
    Refusal(
      "metadata of a number", header: #"{"__metadata__":{"k":1}}"#,
      "its __metadata__ has a number under 'k'; write it again with strings only"),
    Refusal(
      "metadata no object", header: #"{"__metadata__":"k"}"#,
      "its __metadata__ is a string, not an object; write it again with strings only"),
  ]

  static let entries: [Refusal] = [
    Refusal(
      "entry no object", header: #"{"a":1}"#,
      "tensor 'a': its entry is a number, not an object; write the file again"),
    Refusal(
      "no dtype", header: #"{"a":{"shape":[1],"data_offsets":[0,1]}}"#, dataCount: 1,
      "tensor 'a': dtype is not a string; write the file again"),
    Refusal(
      "unknown dtype", safetensors("{\(entry("a\\u001b[2J", "F3", "[1]", 0, 1))}", dataCount: 1),
      "tensor 'a\\u{1b}[2J' has dtype 'F3', which is not supported; store it as F32, F16 or BF16",
      .unsupported),
    Refusal(
      "F4 with 3 elements", safetensors("{\(entry("a", "F4", "[3]", 0, 2))}", dataCount: 2),
      "tensor 'a' has dtype 'F4', which is not supported; store it as F32, F16 or BF16",
      .unsupported),
    shape("fraction in the shape", "[1.0]"),
    shape("exponent in the shape", "[1e1]"),
    shape("negative dimension", "[-1]"),
    shape("minus zero", "[-0]"),
    shape("dimension of 2^63", "[9223372036854775808,4,0]"),
    shape("text in the shape", "[\"1\"]"),
    shape("no list", "1"),
    Refusal(
      "rank 1000",
      header: "{\(entry("a", "U8", "[1\(String(repeating: ",1", count: 999))]", 0, 1))}",
      dataCount: 1,
      "tensor 'a': shape has 1000 dimensions, over the limit of 64; write the file again"),
    Refusal(
      "product overflow before the zero",
      header: "{\(entry("a", "U8", "[4611686018427387904,4,0]", 0, 0))}",
      "tensor 'a': shape [4611686018427387904, 4, 0] has more elements than fit in memory;"
        + " the file is damaged"),
    Refusal(
      "bytes overflow", header: "{\(entry("a", "F64", "[4611686018427387904]", 0, 8))}",
      dataCount: 8,
      "tensor 'a': shape [4611686018427387904] has more elements than fit in memory;"
        + " the file is damaged"),
    offsets("reversed offsets", "[4,0]"),
    offsets("three offsets", "[0,4,8]"),
    offsets("offsets as text", "[\"0\",\"4\"]"),
    offsets("negative offset", "[-4,0]"),
    offsets("offset 1e1", "[0,1e1]"),
    Refusal(
      "end past every file",
      header: "{\(entry("a", "U8", "[9223372036854775807]", 0, .max))}",
      "tensor 'a': data_offsets lie past every file's end; write the file again"),
    Refusal(
      "size against shape", header: "{\(entry("a", "F32", "[2,2]", 0, 12))}", dataCount: 12,
      "tensor 'a' needs 16 bytes by shape and dtype, but its data_offsets hold 12;"
        + " write the file again"),
  ]

  static let layouts: [Refusal] = [
    Refusal(
      "hole at the start", header: "{\(entry("a", "U8", "[4]", 2, 6))}", dataCount: 6,
      "data bytes 0..<2 before tensor 'a' belong to no tensor; write the file again"),
    Refusal(
      "hole", header: "{\(entry("b", "U8", "[4]", 6, 10)),\(entry("a", "U8", "[4]", 0, 4))}",
      dataCount: 10,
      "data bytes 4..<6 before tensor 'b' belong to no tensor; write the file again"),
    Refusal(
      "overlap", header: "{\(entry("a", "U8", "[4]", 0, 4)),\(entry("b", "U8", "[4]", 3, 7))}",
      dataCount: 7,
      "tensor 'b' begins at data byte 3, inside tensor 'a', which ends at 4; write the file again"),
    Refusal(
      "same range", header: "{\(entry("a", "U8", "[4]", 0, 4)),\(entry("b", "U8", "[4]", 0, 4))}",
      dataCount: 4,
      "tensor 'b' begins at data byte 0, inside tensor 'a', which ends at 4; write the file again"),
    Refusal(
      "no bytes, inside another",
      header: "{\(entry("a", "U8", "[4]", 0, 4)),\(entry("b", "U8", "[0]", 2, 2))}", dataCount: 4,
      "tensor 'b' begins at data byte 2, inside tensor 'a', which ends at 4; write the file again"),
    Refusal(
      "short file", header: "{\(entry("a", "F32", "[2]", 0, 8))}", dataCount: 7,
      "tensor 'a' ends at data byte 8, but the file has 7; copy it again"),
    Refusal(
      "trailing byte", header: "{\(entry("a", "F32", "[2]", 0, 8))}", dataCount: 9,
      "1 bytes follow the last tensor, 'a'; copy or write it again"),
  ]

  private static func json(
    _ name: String, _ header: String, _ offset: Int, _ what: String
  ) -> Refusal {
    Refusal(
      name, header: header,
      "its header is invalid JSON at byte \(offset): \(what); copy or write it again")
  }

  private static func shape(_ name: String, _ shape: String) -> Refusal {
    Refusal(
      name, header: "{\(entry("a", "U8", shape, 0, 1))}", dataCount: 1,
      "tensor 'a': shape is not a list of whole numbers from 0 up; write the file again")
  }

  private static func offsets(_ name: String, _ offsets: String) -> Refusal {
    Refusal(
      name, header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":\#(offsets)}}"#, dataCount: 4,
      "tensor 'a': data_offsets are not two whole numbers from 0 up, begin before end;"
        + " write the file again")
  }
}
