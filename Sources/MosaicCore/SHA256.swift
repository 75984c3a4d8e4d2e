/// The SHA-256 digest of bytes that come in pieces.
///
/// Source: FIPS 180-4, sections 4.1.2, 4.2.2, 5.3.3 and 6.2.
public struct SHA256: Sendable {
  private var state: SIMD8<UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// Bytes that do not fill a block yet.
  private var pending: [UInt8] = []
  private var count: UInt64 = 0

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let missing = rest.prefix(64 - pending.count)
      pending.append(contentsOf: missing)
      rest = rest.dropFirst(missing.count)
      guard pending.count == 64 else { return }
      pending.withUnsafeBytes { compress($0, into: &state) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count & ~63
    compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)), into: &state)
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  /// Returns the 32 bytes of the digest; the value is of no use afterwards.
  public mutating func finish() -> [UInt8] {
    let bitCount = count &* 8
    var padding: [UInt8] = [0x80]
    while (pending.count + padding.count) % 64 != 56 { padding.append(0) }
    withUnsafeBytes(of: bitCount.bigEndian) { padding.append(contentsOf: $0) }
    padding.withUnsafeBytes { update($0) }
    return state.indices.flatMap { index in
      withUnsafeBytes(of: state[index].bigEndian) { Array($0) }
    }
  }

  /// Returns the digest of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }
}

/// Returns two lower-case hexadecimal digits for each byte.
public func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// Runs the compression function over each 64 bytes of `blocks`.
private func compress(_ blocks: UnsafeRawBufferPointer, into state: inout SIMD8<UInt32>) {
  guard let base = blocks.baseAddress else { return }
  withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
    roundConstants.withUnsafeBufferPointer { constants in
      guard let w = schedule.baseAddress, let k = constants.baseAddress else { return }
      for offset in stride(from: 0, to: blocks.count, by: 64) {
        expand(base + offset, into: w)
        state &+= rounds(state, w, k)
      }
    }
  }
}

/// Fills the message schedule, with the round constants not yet added.
@inline(__always)
private func expand(_ block: UnsafeRawPointer, into w: UnsafeMutablePointer<UInt32>) {
  for t in 0..<16 {
    let word = block.loadUnaligned(fromByteOffset: t &* 4, as: UInt32.self)
    (w + t).initialize(to: UInt32(bigEndian: word))
  }
  for t in 16..<64 {
    let early = w[t &- 15]
    let late = w[t &- 2]
    let sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3
    let sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10
    (w + t).initialize(to: sigma1 &+ w[t &- 7] &+ sigma0 &+ w[t &- 16])
  }
}

/// Sixty-four rounds. Eight of them bring the working variables back to their places, so none is
/// moved.
@inline(__always)
private func rounds(
  _ state: SIMD8<UInt32>, _ w: UnsafeMutablePointer<UInt32>, _ k: UnsafePointer<UInt32>
) -> SIMD8<UInt32> {
  var (a, b, c, d) = (state[0], state[1], state[2], state[3])
  var (e, f, g, h) = (state[4], state[5], state[6], state[7])
  for t in stride(from: 0, to: 64, by: 8) {
    round(a, b, c, &d, e, f, g, &h, k[t] &+ w[t])
    round(h, a, b, &c, d, e, f, &g, k[t &+ 1] &+ w[t &+ 1])
    round(g, h, a, &b, c, d, e, &f, k[t &+ 2] &+ w[t &+ 2])
    round(f, g, h, &a, b, c, d, &e, k[t &+ 3] &+ w[t &+ 3])
    round(e, f, g, &h, a, b, c, &d, k[t &+ 4] &+ w[t &+ 4])
    round(d, e, f, &g, h, a, b, &c, k[t &+ 5] &+ w[t &+ 5])
    round(c, d, e, &f, g, h, a, &b, k[t &+ 6] &+ w[t &+ 6])
    round(b, c, d, &e, f, g, h, &a, k[t &+ 7] &+ w[t &+ 7])
  }
  return SIMD8(a, b, c, d, e, f, g, h)
}

@inline(__always)
private func round(
  _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32,
  _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32, _ input: UInt32
) {
  let choice = g ^ (e & (f ^ g))
  let majority = (a & b) ^ (c & (a ^ b))
  let first = h &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ choice &+ input
  d = d &+ first
  h = first &+ (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
}

@inline(__always)
private func rotate(_ x: UInt32, _ bits: UInt32) -> UInt32 { x &>> bits | x &<< (32 &- bits) }

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
private let roundConstants: [UInt32] = [
  0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
  0xab1c_5ed5,
  0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7,
  0xc19b_f174,
  0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc,
  0x76f9_88da,
  0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351,
  0x1429_2967,
  0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e,
  0x9272_2c85,
  0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585,
  0x106a_a070,
  0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f,
  0x682e_6ff3,
  0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
  0xc671_78f2,
]
