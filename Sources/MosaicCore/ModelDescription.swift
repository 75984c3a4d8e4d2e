/// What a sampler must know of a network: which input is what, and of which extent.
public struct ModelDescription: Sendable, Equatable {
  /// The architecture's name, for people.
  public var architecture: String
  /// One sample of the state: [channels, height, width], or [tokens, channels].
  public var sampleShape: [Int]
  /// Channels of the output. Where `hasLearnedSigma`, only the first `sampleShape[0]` of them drive
  /// the sampler.
  public var outputChannels: Int
  public var hasLearnedSigma: Bool
  /// Classes that can be asked for; 0 where the network takes none.
  public var classCount: Int
  /// The class that stands for "no class", which guidance needs.
  public var nullClass: Int?
  /// Names of the classes in the order of their numbers, or empty.
  public var classNames: [String]
  /// Names of the network's inputs by their role.
  public var sampleInput: String
  public var timestepInput: String
  public var classInput: String?
  /// Inputs that say what is to be denoised, but for the class: their values are given row by row.
  public var conditioningInputs: [String]
  /// What the network takes is the process' timestep times this.
  public var timestepScale: Double

  public init(
    architecture: String, sampleShape: [Int], outputChannels: Int, hasLearnedSigma: Bool = false,
    classCount: Int = 0, nullClass: Int? = nil, classNames: [String] = [],
    sampleInput: String = "sample", timestepInput: String = "timestep",
    classInput: String? = nil, conditioningInputs: [String] = [], timestepScale: Double = 1
  ) {
    self.architecture = architecture
    self.sampleShape = sampleShape
    self.outputChannels = outputChannels
    self.hasLearnedSigma = hasLearnedSigma
    self.classCount = classCount
    self.nullClass = nullClass
    self.classNames = classNames
    self.sampleInput = sampleInput
    self.timestepInput = timestepInput
    self.classInput = classInput
    self.conditioningInputs = conditioningInputs
    self.timestepScale = timestepScale
  }

  public var sampleCount: Int { sampleShape.reduce(1, *) }

  /// One sample of the network's output.
  public var outputShape: [Int] {
    sampleShape.count == 2
      ? [sampleShape[0], outputChannels] : [outputChannels] + sampleShape.dropFirst()
  }

  /// Channels of a sample.
  public var channels: Int { sampleShape.count == 2 ? sampleShape[1] : sampleShape.first ?? 0 }
}
