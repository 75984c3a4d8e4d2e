/// A noise schedule or a sampler cannot be had from what was given.
public struct SchedulerError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    /// A scheduler of another family; `hasFields` where `--sampler ddim` can use its fields.
    case unsupportedClass(String, hasFields: Bool)
    case unsupportedSampler(String)
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
        + "give --sampler ddim to sample its noise schedule with DDIM"
    case .unsupportedClass(let name, hasFields: false):
      "\(place): \(printable(name)) is not supported; use a DDIMScheduler or DDPMScheduler"
    case .unsupportedSampler(let name):
      "\(place): sampler '\(printable(name))' is not supported; use ddim"
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
    case .unsupportedClass, .unsupportedSampler, .unknownField, .unsupportedValue: .unsupported
    case .badValue: .badConfiguration
    }
  }
}
