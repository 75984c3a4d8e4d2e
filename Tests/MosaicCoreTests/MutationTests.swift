import MosaicCore
import MosaicTestSupport
import Testing

/// Seeded changes to valid input: the readers may refuse or accept, but not crash, and what they
/// accept must hold together.
@Suite struct MutationTests {
  @Test func jsonSurvivesMutation() throws {
    let seed = #"{"a":[1,-2.5e3,"\ud83d\ude00é\n",{"b":null,"c":[true,false]}],"":0.0,"d":{}}"#
    var mutator = Mutator(seed: 11)
    var accepted = 0
    for _ in 0..<10_000 {
      let bytes = mutator.mutate(Array(seed.utf8))
      if let value = try? bytes.withUnsafeBytes({ try JSONValue(parsing: $0) }) {
        accepted += 1
        #expect(try JSONValue(parsing: value.text()) == value)
      }
    }
    // The mutations are neither all harmless nor all caught by the first byte.
    #expect((100..<9_000).contains(accepted))
  }

  @Test func safetensorsSurviveMutation() throws {
    let headerCount = referenceFile.count - 35 - 8
    var mutator = Mutator(seed: 12)
    var accepted = 0
    for round in 0..<10_000 {
      var file = referenceFile
      if round.isMultiple(of: 4) {
        file = mutator.mutate(file)
      } else {
        // The length is made to fit, so that the header behind it is looked at.
        let header = mutator.mutate(Array(referenceFile[8..<(8 + headerCount)]))
        file = safetensors(header, data: Array(referenceFile.suffix(35)))
      }
      guard let reader = try? read(file) else { continue }
      accepted += 1
      let total = reader.names.reduce(0) { $0 + (reader.tensor($1)?.bytes.count ?? 0) }
      #expect(total == 35 || round.isMultiple(of: 4))
      for name in reader.names {
        let tensor = try #require(reader.tensor(name))
        #expect(tensor.dataType.isFloat ? try tensor.floats().count == tensor.elementCount : true)
      }
    }
    #expect((100..<9_000).contains(accepted))
  }
}

/// Flips, cuts, doubles and moves bytes, and puts numbers at the edges in the place of others.
struct Mutator {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  private static let edges = [
    "0", "1", "-1", "-0", "1.0", "1e1", "2147483648", "4294967296", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "\"", "[", "{", "}", "]", ",", "\\u", "null",
  ].map { Array($0.utf8) }

  mutating func mutate(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, place + Int.random(in: 1...16, using: &random))
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 4: bytes.removeSubrange(place...)
      default: replaceNumber(in: &bytes, from: place)
      }
    }
    return bytes
  }

  private mutating func replaceNumber(in bytes: inout [UInt8], from place: Int) {
    let isDigit = { (byte: UInt8) in byte >= 0x30 && byte <= 0x39 }
    guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    let edge = Self.edges.randomElement(using: &random) ?? []
    bytes.replaceSubrange(start..<end, with: edge)
  }
}
