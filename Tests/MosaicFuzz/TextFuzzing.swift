import MosaicCore
import MosaicTestSupport

/// Reads damaged safetensors files and JSON texts: each is refused with an error, or read whole.
struct TextFuzzing {
  let seed: Int
  private var clock = CaseClock()

  init(seed: Int) { self.seed = seed }

  private static let json = Array(
    #"{"a":[1,-2.5e3,"\ud83d\ude00é\n",{"b":null,"c":[true,false]}],"":0.0,"d":{"e":[[[]]]}}"#.utf8)

  private static let tensors: [(String, DataType, [Int])] = [
    ("a", .i64, [2, 1]), ("b", .f32, [2]), ("e", .f32, [0, 4]), ("s", .bf16, []), ("é", .f16, [3]),
    ("m", .bool, [3]), ("x\\u001b[2J", .f64, [1, 2, 1]),
  ]

  /// As many cases of each format.
  mutating func run(cases: Int) {
    var accepted = 0
    for index in 0..<cases {
      let file = mutant(seed: UInt64(seed) << 32 | UInt64(index))
      let name = "safetensors case \(index) of seed \(seed)"
      if clock.measure(name, { Self.read(file, name) }) { accepted += 1 }
    }
    print("\(cases) safetensors cases of seed \(seed): \(accepted) read whole; \(clock.report)")

    accepted = 0
    for index in 0..<cases {
      var random = SplitMix64(seed: UInt64(seed) << 32 | UInt64(index))
      var text = Self.json
      text.damageText(&random)
      let name = "JSON case \(index) of seed \(seed)"
      if clock.measure(name, { Self.parse(text, name) }) { accepted += 1 }
    }
    print("\(cases) JSON cases of seed \(seed): \(accepted) read; \(clock.report)")
  }

  private func mutant(seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    var entries = [#""__metadata__":{"format":"pt"}"#]
    var offset = 0
    for (name, type, shape) in Self.tensors {
      let end = offset + shape.reduce(type.byteWidth, *)
      entries.append(
        #""\#(name)":{"dtype":"\#(type.rawValue)","shape":\#(shape),"#
          + #""data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    let data = [UInt8](repeating: 1, count: offset)
    let isHeaderOnly = Int.random(in: 0..<4, using: &random) > 0
    // The length is made to fit, so that the header behind it is looked at.
    if isHeaderOnly { header.damageText(&random) }
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    var file = length + header + data
    if !isHeaderOnly { file.damage(&random) }
    return file
  }

  private static func read(_ file: [UInt8], _ name: String) -> Bool {
    // Of exactly the file's size, so that the sanitizer sees a read past the end.
    let memory = file.withUnsafeBytes { OwnedBytes(copying: $0, count: file.count) }
    do {
      let reader = try SafetensorsReader(
        path: "w.safetensors", bytes: UnsafeRawBufferPointer(memory.memory), owner: memory)
      for tensor in reader.names.compactMap({ reader.tensor($0) }) {
        if tensor.dataType.isFloat { _ = try? tensor.floats() }
        _ = tensor.bytes.reduce(0, ^)
      }
      for warning in reader.warnings { checkPrintable(warning, name) }
      return true
    } catch {
      checkPrintable(error.description, name)
      return false
    }
  }

  private static func parse(_ text: [UInt8], _ name: String) -> Bool {
    let memory = text.withUnsafeBytes { OwnedBytes(copying: $0, count: text.count) }
    do {
      let value = try JSONValue(parsing: UnsafeRawBufferPointer(memory.memory))
      guard try JSONValue(parsing: value.text()) == value else {
        fail("\(name): is written as another value")
      }
      return true
    } catch {
      checkPrintable("\(error)", name)
      return false
    }
  }
}

extension [UInt8] {
  private static let tokens = [
    "0", "1", "-1", "-0", "1.0", "1e1", "1e999", "2147483648", "4294967296",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "\"", "[", "{", "}",
    "]", ",", ":", "\\u", "\\ud800", "null", "\u{1B}[2J", "\u{202E}",
  ].map { Array($0.utf8) }

  /// Damages bytes, or puts a token in the place of a number or anywhere.
  mutating func damageText(_ random: inout SplitMix64) {
    for _ in 0..<Int.random(in: 1...3, using: &random) where !isEmpty {
      let token = Self.tokens.randomElement(using: &random) ?? []
      let place = Int.random(in: indices, using: &random)
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<8: damage(&random)
      case 8..<16:
        let isDigit = { (byte: UInt8) in byte >= 0x30 && byte <= 0x39 }
        guard let start = self[place...].firstIndex(where: isDigit) else { continue }
        let end = self[start...].firstIndex { !isDigit($0) } ?? count
        replaceSubrange(start..<end, with: token)
      case 16..<19: insert(contentsOf: token, at: place)
      default:
        let opening = ["[", #"{"a":"#].randomElement(using: &random) ?? ""
        let depth = Int.random(in: 60...5000, using: &random)
        insert(contentsOf: String(repeating: opening, count: depth).utf8, at: place)
      }
    }
  }
}
