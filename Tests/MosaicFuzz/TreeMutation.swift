import MosaicTestSupport

extension WireTree {
  private static let edges: [UInt64] = [
    0, 1, 2, 0x7F, 0xFF, 1 << 16, 1 << 31, 1 << 32, 1 << 40, (1 << 62) - 1, 1 << 62, (1 << 63) - 1,
    1 << 63,
    .max - 1, .max,
  ]
  private static let doubles: [Double] = [
    0, -0.0, 1, -1, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
  ]
  /// Terminal escapes, separators, what is no text, and what is empty.
  private static let texts: [[UInt8]] = [
    [], [0], [0x0A], [0x1B, 0x5B, 0x32, 0x4A], [0xFF, 0xFE], [0xED, 0xA0, 0x80],
    [0xE2, 0x80, 0xAE],
    Array("../../etc/passwd".utf8), [UInt8](repeating: 0x41, count: 2000),
  ]

  /// Changes one field anywhere inside: its value, its number, or its place.
  mutating func mutate(_ random: inout SplitMix64) {
    let size = count
    guard size > 0 else { return }
    let other = field(at: Int.random(in: 0..<size, using: &random))
    var generator = random
    change(at: Int.random(in: 0..<size, using: &generator)) { fields, index in
      switch Int.random(in: 0..<12, using: &generator) {
      case 0: fields.remove(at: index)
      case 1: fields.insert(fields[index], at: index)
      case 2: fields.swapAt(index, Int.random(in: fields.indices, using: &generator))
      case 3: fields[index].number = UInt64.random(in: 0..<24, using: &generator)
      case 4: if let other { fields[index].content = other.content }
      case 5: if let other { fields.insert(other, at: index) }
      default: fields[index].content.mutate(&generator)
      }
    }
    random = generator
  }

  fileprivate static func edge(_ value: UInt64, _ random: inout SplitMix64) -> UInt64 {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: value &+ 1
    case 1: value &- 1
    default: edges.randomElement(using: &random) ?? 0
    }
  }

  fileprivate static func real(_ random: inout SplitMix64) -> Double {
    doubles.randomElement(using: &random) ?? 0
  }

  fileprivate static func text(_ random: inout SplitMix64) -> [UInt8] {
    texts.randomElement(using: &random) ?? []
  }
}

extension WireTree.Content {
  fileprivate mutating func mutate(_ random: inout SplitMix64) {
    switch self {
    case .varint(let value): self = .varint(WireTree.edge(value, &random))
    case .fixed64(let value):
      let isReal = Bool.random(using: &random)
      self = .fixed64(
        isReal ? WireTree.real(&random).bitPattern : WireTree.edge(value, &random))
    case .fixed32(let value):
      self = .fixed32(UInt32(truncatingIfNeeded: WireTree.edge(UInt64(value), &random)))
    case .bytes(var bytes):
      if !bytes.isEmpty, Bool.random(using: &random) {
        let place = Int.random(in: bytes.indices, using: &random)
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      } else {
        bytes = WireTree.text(&random)
      }
      self = .bytes(bytes)
    case .message(var inner):
      switch Int.random(in: 0..<8, using: &random) {
      case 0: self = .bytes(WireTree.text(&random))
      case 1:
        // Message in message, around the depth that scanners allow and far beyond it.
        for _ in 0..<[2, 15, 16, 17, 500].randomElement(using: &random)! {
          inner = WireTree(wrapping: inner)
        }
        self = .message(inner)
      default:
        inner.mutate(&random)
        self = .message(inner)
      }
    }
  }
}

extension WireTree {
  fileprivate init(wrapping inner: WireTree) {
    fields = [Field(number: inner.fields.first?.number ?? 1, content: .message(inner))]
  }
}
