public import MosaicCore

/// What a bundle says of itself: everything but the bytes of its tensors.
public struct Manifest: Sendable, Equatable {
  /// The tool that wrote the bundle, "mosaic 0.1.0".
  public var generator: String
  public var provenance: Provenance
  public var model: ModelDescription
  public var scheduler: SchedulerConfig
  /// The dense graph, for people.
  public var graphText: String
  public var groups: [Group]
  /// Filled in by `BundleWriter`.
  public var tensors: [Tensor]
  /// Filled in by `BundleWriter`.
  public var chunks: [Chunk]
  /// From noisy to clean.
  public var variants: [Variant]
  public var schedule: Schedule
  public var sensitivity: [SensitivityCurve]
  public var proof: Proof?
  /// What sampling runs may follow; the first is what a run does that asks for nothing else. Without
  /// one, variants serve the noise levels of any run.
  public var plans: [SamplingPlan]

  public init(
    generator: String = "", provenance: Provenance = Provenance(),
    model: ModelDescription = ModelDescription(
      architecture: "", sampleShape: [], outputChannels: 0),
    scheduler: SchedulerConfig = SchedulerConfig(), graphText: String = "", groups: [Group] = [],
    tensors: [Tensor] = [], chunks: [Chunk] = [], variants: [Variant] = [],
    schedule: Schedule = Schedule(), sensitivity: [SensitivityCurve] = [], proof: Proof? = nil,
    plans: [SamplingPlan] = []
  ) {
    self.generator = generator
    self.provenance = provenance
    self.model = model
    self.scheduler = scheduler
    self.graphText = graphText
    self.groups = groups
    self.tensors = tensors
    self.chunks = chunks
    self.variants = variants
    self.schedule = schedule
    self.sensitivity = sensitivity
    self.proof = proof
    self.plans = plans
  }

  /// Where the bundle comes from, free of times, paths and hosts.
  public struct Provenance: Sendable, Equatable {
    public struct Source: Sendable, Equatable {
      /// A file name without its directory.
      public var name: String
      public var sha256: [UInt8]

      public init(name: String, sha256: [UInt8]) {
        self.name = name
        self.sha256 = sha256
      }
    }

    public var sources: [Source]
    public var seed: UInt64
    /// In normal form.
    public var arguments: [String]
    /// Filled in by `BundleWriter`; no part of the bundle's identity.
    public var zstdVersion: String

    public init(
      sources: [Source] = [], seed: UInt64 = 0, arguments: [String] = [],
      zstdVersion: String = ""
    ) {
      self.sources = sources
      self.seed = seed
      self.arguments = arguments
      self.zstdVersion = zstdVersion
    }
  }

  /// Units that are kept or removed whole.
  public struct Group: Sendable, Equatable {
    public var name: String
    /// What a unit is: "attention heads", "neurons", ...
    public var kind: String
    public var unitCount: Int
    /// Consumer columns per unit.
    public var unitSize: Int
    /// Names of the tensors whose rows the units are.
    public var producers: [String]
    /// Name of the tensor whose columns the units are.
    public var consumer: String
    /// Of one forward of one sample.
    public var macsPerUnit: Int
    /// The unit at each place of the stored rows and columns; units that no variant keeps have
    /// none. Empty: all of them, in order.
    public var order: [Int]

    public init(
      name: String, kind: String, unitCount: Int, unitSize: Int, producers: [String],
      consumer: String, macsPerUnit: Int, order: [Int] = []
    ) {
      self.name = name
      self.kind = kind
      self.unitCount = unitCount
      self.unitSize = unitSize
      self.producers = producers
      self.consumer = consumer
      self.macsPerUnit = macsPerUnit
      self.order = order
    }
  }
}
