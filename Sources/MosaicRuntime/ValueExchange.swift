internal import MosaicCore
internal import MosaicKernels

/// What a run takes from a `ReuseMemory` in place of computing it, and what it leaves there.
struct ValueExchange: @unchecked Sendable {
  struct Source {
    /// A group's forwards, one behind the other.
    var values: UnsafePointer<Float>
    var weight: Float
  }

  struct Fill {
    var sources: [Source]
    /// By channel; empty for none.
    var offset: [Float]
    var correction: Correction?
  }

  /// `ValueForecast.Correction`, with what the input is compared with.
  struct Correction {
    var sources: [Source]
    var down: ChannelMap
    var up: ChannelMap

    /// - Parameters:
    ///   - input: Shape of the branch's input.
    ///   - value: Shape of the unit's value: as many places.
    init(
      _ correction: ValueForecast.Correction, _ sources: [Source], input: [Int], value: [Int]
    ) {
      self.sources = sources
      down = ChannelMap(correction.down, count: correction.rank, axis: ChannelAxis(of: input))
      var axis = ChannelAxis(of: value)
      let channels = axis.count
      axis.count = correction.rank
      // [channels, rank].
      let up = (0..<channels).flatMap { channel in
        (0..<correction.rank).map { correction.up[$0 * channels + channel] }
      }
      self.up = ChannelMap(up, count: channels, axis: axis)
    }
  }

  /// What becomes of a branch's input.
  enum InputUse {
    /// By group, where it goes as well.
    case keep([UnsafeMutablePointer<Float>])
    /// It corrects what this instruction's result is made of.
    case correct(Int)
  }

  /// Instructions that have to run.
  var isLive: [Bool]
  /// By instruction and group: what its result is made of instead.
  var fills: [Int: [Fill]]
  /// By instruction and group: where its result goes as well.
  var keeps: [Int: [UnsafeMutablePointer<Float>]]
  /// By instruction that computes branches' inputs.
  var inputUses: [Int: [InputUse]]
  /// Samples of each group.
  var groupSize: Int
  var groupCount: Int

  /// The group of a run's forward, and the forward's number in that group's memory.
  ///
  /// In a run the unconditional forwards of all groups follow the conditional ones.
  func place(ofForward forward: Int) -> (group: Int, forward: Int) {
    let (half, sample) = forward.quotientAndRemainder(dividingBy: groupSize * groupCount)
    let (group, own) = sample.quotientAndRemainder(dividingBy: groupSize)
    return (group, half * groupSize + own)
  }
}
