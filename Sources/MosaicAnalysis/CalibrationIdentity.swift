internal import MosaicBundle
internal import MosaicCore
internal import MosaicIR
public import MosaicSurgery

/// What the numbers of a calibration depend on, as a statistics file keeps it: two calibrations with
/// equal identities give equal bytes.
public struct CalibrationIdentity: Sendable, Equatable {
  public struct Field: Sendable, Equatable {
    public var key: String
    public var value: String
  }

  public var fields: [Field]

  public subscript(key: String) -> String? { fields.first { $0.key == key }?.value }

  /// The first field that differs, as this one and the other have it.
  public func difference(
    from other: CalibrationIdentity, leavingOut ignored: Set<String> = []
  ) -> (key: String, found: String, expected: String)? {
    for field in fields where !ignored.contains(field.key) {
      let expected = other[field.key] ?? "nothing"
      if field.value != expected { return (field.key, field.value, expected) }
    }
    return nil
  }
}

extension CalibrationSubject {
  /// - Parameter checkpoint: SHA-256 of the weight files.
  public func identity(checkpoint: [UInt8], criterion: Criterion) -> CalibrationIdentity {
    var fields = [
      CalibrationIdentity.Field(key: "checkpoint", value: hexadecimal(checkpoint)),
      CalibrationIdentity.Field(
        key: "network", value: hexadecimal(digest(of: dense.graph.description))),
      CalibrationIdentity.Field(
        key: "trajectory", value: hexadecimal(digest(of: "\(trajectory)"))),
    ]
    fields += options.fields.map { CalibrationIdentity.Field(key: $0.0, value: $0.1) }
    fields.append(CalibrationIdentity.Field(key: "criterion", value: criterion.rawValue))
    if let conditioning {
      fields.append(
        CalibrationIdentity.Field(
          key: "conditioning", value: hexadecimal(conditioning.digest())))
    }
    return CalibrationIdentity(fields: fields)
  }
}

extension CalibrationOptions {
  /// Every option that decides numbers, by its name in a statistics file.
  var fields: [(String, String)] {
    [
      ("steps", "\(steps)"), ("buckets", "\(buckets)"), ("samples", "\(statisticsSamples)"),
      ("levels", levels.map { "\($0)" }.joined(separator: ",")),
      ("probes", probes.map { "\($0)" }.joined(separator: ",")),
      ("influence", influence.rawValue), ("guidance", guidance.map { "\($0)" } ?? "1"),
      ("eta", eta.map { "\($0)" } ?? "scheduler"), ("seed", "\(seed)"),
    ]
  }

  /// Takes over the options that a statistics file was made with.
  ///
  /// - Returns: The name of the first field that is missing or has no value of its kind.
  mutating func take(from identity: CalibrationIdentity) -> String? {
    func list<T>(_ key: String, _ read: (Substring) -> T?) -> [T]? {
      guard let text = identity[key] else { return nil }
      let values = text.split(separator: ",").map(read)
      return values.contains { $0 == nil } || values.isEmpty ? nil : values.compactMap { $0 }
    }
    guard let steps = identity["steps"].flatMap(Int.init), (1...100_000).contains(steps) else {
      return "steps"
    }
    guard let buckets = identity["buckets"].flatMap(Int.init), buckets >= 1 else {
      return "buckets"
    }
    guard let samples = identity["samples"].flatMap(Int.init), (1...1 << 20).contains(samples)
    else { return "samples" }
    guard let levels = list("levels", { Double($0) }),
      zip(levels, levels.dropFirst()).allSatisfy({ $0 < $1 }),
      levels.allSatisfy({ $0 > 0 && $0 <= 1 })
    else { return "levels" }
    guard let probes = list("probes", { Int($0) }), probes.allSatisfy(levels.indices.contains)
    else { return "probes" }
    guard let influence = identity["influence"].flatMap(Influence.init) else {
      return "influence"
    }
    guard let guidance = identity["guidance"].flatMap(Float.init), guidance.isFinite else {
      return "guidance"
    }
    guard let eta = identity["eta"], eta == "scheduler" || Double(eta) != nil else {
      return "eta"
    }
    guard let seed = identity["seed"].flatMap(UInt64.init) else { return "seed" }
    self.steps = steps
    self.buckets = buckets
    statisticsSamples = samples
    self.levels = levels
    self.probes = probes
    self.influence = influence
    self.guidance = guidance == 1 ? nil : guidance
    self.eta = Double(eta)
    self.seed = seed
    return nil
  }
}

private func digest(of text: String) -> [UInt8] {
  var hash = SHA256()
  var text = text
  text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
  return hash.finish()
}
