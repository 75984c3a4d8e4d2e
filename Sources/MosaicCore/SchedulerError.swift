/// A noise schedule or a sampler cannot be had from what was given.
public struct SchedulerError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    /// A scheduler of another family; `hasFields` where `--sampler` can use its fields.
    case unsupportedClass(String, hasFields: Bool)
    /// A sampler of another process than the config's.
    case unsupportedSampler(SamplerKind, className: String, supported: [SamplerKind])
    /// A flow, where betas are asked for.
    case noBetas(String)
    /// A shift that grows with an image whose size nobody said.
    case imageTokensMissing
    /// A field nobody knows: to drop it could change every picture.
    case unknownField(String)
    /// A field with a meaning that is not carried out.
    case unsupportedValue(field: String, found: String, supported: String)
    case badValue(field: String, found: String, expected: String)
  }

  /// The file of the fields, or nil where they came from elsewhere.
  public var file: String?
  public var reason: Reason

  public init(file: String? = nil, _ reason: Reason) {
    self.file = file
    self.reason = reason
  }

  public var description: String {
    let place = file.map { printable($0) } ?? "scheduler"
    return switch reason {
    case .unsupportedClass(let name, hasFields: true):
      "\(place): \(printable(name)) is not supported; "
        + "give --sampler to sample its noise schedule with \(names(SamplerKind.ofBetas))"
    case .unsupportedClass(let name, hasFields: false):
      "\(place): \(printable(name)) is not supported; use "
        + SamplerKind.allCases.map(\.className).joined(separator: ", ")
    case .unsupportedSampler(let sampler, let className, let supported):
      "\(place): the noise of \(printable(className)) cannot be sampled with \(sampler.rawValue); "
        + "use \(names(supported))"
    case .noBetas(let name):
      "\(place): \(printable(name)) samples a flow, which has no betas; leave out what needs them"
    case .imageTokensMissing:
      "\(place): use_dynamic_shifting needs the number of tokens of an image; give --image-tokens"
    case .unknownField(let name):
      "\(place): field '\(printable(name))' is not known; remove it if the sampler does not need it"
    case .unsupportedValue(let field, let found, let supported):
      "\(place): \(printable(field)) is \(printable(found)), which is not supported; "
        + "use \(supported)"
    case .badValue(let field, let found, let expected):
      "\(place): \(printable(field)) is \(printable(found)); expected \(expected)"
    }
  }

  public var exitStatus: ExitStatus {
    switch reason {
    case .unsupportedClass, .unsupportedSampler, .unknownField, .unsupportedValue, .noBetas:
      .unsupported
    case .badValue: .badConfiguration
    case .imageTokensMissing: .usage
    }
  }

  private func names(_ samplers: [SamplerKind]) -> String {
    samplers.map(\.rawValue).joined(separator: ", ")
  }
}
