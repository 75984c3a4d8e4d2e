internal import MosaicBundle
internal import MosaicCore
internal import MosaicSurgery

extension StatisticsFile {
  /// Reads a file: what it says is checked against its tensors, and these against their checksums.
  ///
  /// - Throws: `FileError`, `SafetensorsError` or `StatisticsError`.
  public init(path: String) throws {
    let reader = try SafetensorsReader(path: path)
    do throws(StatisticsError.Reason) {
      try self.init(reader)
    } catch let reason {
      throw StatisticsError(path: path, reason: reason)
    }
  }

  private init(_ reader: SafetensorsReader) throws(StatisticsError.Reason) {
    let fields = StatisticsFields(reader)
    guard fields.text("format") == "mosaic.stats" else { throw .notStatistics }
    guard fields.text("version") == Self.version else {
      throw .version(fields.text("version") ?? "none")
    }
    let own: Set = ["format", "version", "leaves", "leaf_count", "widths", "bucket_starts"]
    identity = CalibrationIdentity(
      fields: reader.metadata.filter { !own.contains($0.0) && !$0.0.hasPrefix("plans.") }
        .map { CalibrationIdentity.Field(key: $0.0, value: $0.1) })
    for key in ["checkpoint", "network", "trajectory", "criterion"] where identity[key] == nil {
      throw .field(key)
    }
    var options = CalibrationOptions()
    if let field = options.take(from: identity) { throw .field(field) }
    guard identity["criterion"].flatMap(Criterion.init) != nil else { throw .field("criterion") }
    try fields.verifyChecksums()
    statistics = try fields.statistics(of: options)
    sensitivity = try fields.sensitivity(
      of: options, buckets: statistics.buckets.count)
    plans = try fields.plans(of: options)
  }
}

/// A statistics file's fields and tensors, each checked when it is taken.
private struct StatisticsFields {
  private let reader: SafetensorsReader

  init(_ reader: SafetensorsReader) { self.reader = reader }

  func text(_ key: String) -> String? { reader.metadata.first { $0.0 == key }?.1 }

  private func integers(_ key: String) throws(StatisticsError.Reason) -> [Int] {
    let values = (text(key) ?? "").split(separator: ",").map { Int($0) }
    guard !values.isEmpty, values.count <= 1 << 20,
      values.allSatisfy({ ($0 ?? -1) >= 0 && ($0 ?? 0) <= 1 << 31 })
    else { throw .field(key) }
    return values.compactMap { $0 }
  }

  func verifyChecksums() throws(StatisticsError.Reason) {
    let name = StatisticsFile.checksumName
    let others = reader.names.filter { $0 != name }
    let expected = try tensor(name, .u8, [others.count, 8])
    for (index, name) in others.enumerated() {
      guard let found = reader.tensor(name) else { continue }
      let sum = withExtendedLifetime(found.owner) { xxh64(found.bytes) }
      let kept = withExtendedLifetime(expected.owner) {
        expected.bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
      }
      guard sum == UInt64(littleEndian: kept) else { throw .damaged(name) }
    }
  }

  private func tensor(
    _ name: String, _ type: DataType, _ shape: [Int]
  ) throws(StatisticsError.Reason) -> TensorView {
    guard let tensor = reader.tensor(name) else { throw .tensor(name, "is missing") }
    guard tensor.dataType == type, tensor.shape == shape else {
      throw .tensor(
        name,
        "must be \(type.rawValue) \(shape), found \(tensor.dataType.rawValue) \(tensor.shape)")
    }
    return tensor
  }

  private func doubles(
    _ name: String, _ shape: [Int]
  ) throws(StatisticsError.Reason) -> [Double] {
    let values = try tensor(name, .f64, shape).doubles
    guard values.allSatisfy(\.isFinite) else {
      throw .tensor(name, "holds values that are not finite")
    }
    return values
  }

  /// The values of a tensor of rows.
  private func rows<Element>(
    _ name: String, _ type: DataType, _ columns: Int, _ values: (TensorView) -> [Element]
  ) throws(StatisticsError.Reason) -> [Element] {
    let count = reader.entry(name)?.shape.first ?? 0
    return values(try tensor(name, type, [count, columns]))
  }

  func plans(of options: CalibrationOptions) throws(StatisticsError.Reason) -> [PlanRecord] {
    var records: [PlanRecord] = []
    while let settings = text(StatisticsFile.settingsKey(records.count)) {
      let number = records.count
      records.append(
        try PlanRecord(
          settings: settings, number: number, steps: options.steps,
          integers: { name, columns throws(StatisticsError.Reason) in
            try rows(name, .i64, columns) { $0.integers }
          },
          doubles: { name, columns throws(StatisticsError.Reason) in
            let values = try rows(name, .f64, columns) { $0.doubles }
            guard values.allSatisfy(\.isFinite) else {
              throw .tensor(name, "holds values that are not finite")
            }
            return values
          },
          hasModel: reader.entry(PlanTensors.name(number, "map_places")) != nil))
    }
    return records
  }

  func statistics(
    of options: CalibrationOptions
  ) throws(StatisticsError.Reason) -> CalibrationStatistics {
    let widths = try integers("widths")
    guard widths.allSatisfy({ (1...1 << 20).contains($0) }) else { throw .field("widths") }
    let starts = try integers("bucket_starts")
    let ends = starts.dropFirst() + [options.steps]
    guard starts[0] == 0, zip(starts, ends).allSatisfy({ $0 < $1 }) else {
      throw .field("bucket_starts")
    }
    let leafCount = try integers("leaf_count")[0]
    let size = CalibrationStatistics.leafSize
    guard leafCount == (options.statisticsSamples + size - 1) / size else {
      throw .field("leaf_count")
    }
    let leaves = try integers("leaves")
    guard leaves.count == 2, leaves[0] <= leaves[1], leaves[1] <= leafCount else {
      throw .field("leaves")
    }
    let range = leaves[0]..<leaves[1]
    let nodes = SummationNode.nodes(within: range)
    let shape = [starts.count, widths.count, nodes.count]
    let rows = try tensor("rows", .i64, shape).integers
    guard rows.allSatisfy({ $0 >= 0 && $0 <= 1 << 52 }) else {
      throw .tensor("rows", "holds counts that no calibration has")
    }
    for bucket in starts.indices {
      for (consumer, width) in widths.enumerated() {
        for node in nodes {
          _ = try tensor(
            StatisticsFile.momentName(bucket, consumer, node), .f64,
            [width * (width + 1) / 2 + width])
        }
      }
    }
    let sums = try doubles("final.sums", [range.count, 3])
    let samples = reader.entry("final.samples")?.shape.first ?? 0
    return CalibrationStatistics(
      buckets: zip(starts, ends).map { $0..<$1 }, widths: widths, leaves: range,
      leafCount: leafCount,
      finals: range.indices.map { index in
        let place = 3 * (index - range.lowerBound)
        return CalibrationStatistics.FinalSums(
          sum: sums[place], square: sums[place + 1], count: sums[place + 2])
      },
      finalSamples: samples == 0 ? [] : try tensor("final.samples", .f32, [samples]).floats,
      nodes: nodes,
      source: FileMoments(reader: reader, widths: widths, nodes: nodes, rows: rows))
  }

  func sensitivity(
    of options: CalibrationOptions, buckets: Int
  ) throws(StatisticsError.Reason) -> SensitivitySamples? {
    guard let entry = reader.entry("sensitivity.errors") else { return nil }
    let (steps, levels) = (options.steps, options.levels.count)
    let count = entry.shape.first ?? 0
    guard count > 0 else { throw .tensor("sensitivity.errors", "holds no samples") }
    let errors = try doubles("sensitivity.errors", [count, steps, levels])
    let gainShape = reader.entry("sensitivity.group_gains")?.shape ?? []
    guard gainShape.count == 3, gainShape[0] == buckets, gainShape[2] == 2 else {
      throw .tensor(
        "sensitivity.group_gains", "must have a row a bucket, a column a group and two gains")
    }
    let flat = try doubles("sensitivity.group_gains", gainShape)
    var samples = SensitivitySamples(
      influence: options.influence, levels: options.levels, probes: options.probes, steps: steps,
      groupGains: (0..<gainShape[0]).map { bucket in
        (0..<gainShape[1]).map { group in
          let place = 2 * (bucket * gainShape[1] + group)
          return GroupGain(half: flat[place], whole: flat[place + 1])
        }
      })
    var products: [[Double]] = []
    for probe in samples.products.indices {
      products.append(try doubles("sensitivity.products.\(probe)", [count, steps, steps]))
    }
    guard errors.allSatisfy({ $0 >= 0 }) else {
      throw .tensor("sensitivity.errors", "holds errors below 0")
    }
    samples.append(errors: errors, products: products)
    return samples
  }
}

/// Moments where they lie in a file.
private struct FileMoments: MomentSource {
  let reader: SafetensorsReader
  let widths: [Int]
  let nodes: [SummationNode]
  /// [bucket][consumer][node].
  let rows: [Int]

  func rows(bucket: Int, consumer: Int, node: Int) -> Int {
    rows[(bucket * widths.count + consumer) * nodes.count + node]
  }

  func moments(bucket: Int, consumer: Int, node: Int) throws -> GramStatistics {
    let name = StatisticsFile.momentName(bucket, consumer, nodes[node])
    guard let values = reader.tensor(name)?.doubles else {
      throw StatisticsError(path: reader.path, reason: .tensor(name, "is missing"))
    }
    guard values.allSatisfy(\.isFinite) else {
      throw StatisticsError(
        path: reader.path, reason: .tensor(name, "holds values that are not finite"))
    }
    var moments = GramStatistics(width: widths[consumer])
    moments.gram = Array(values.prefix(moments.gram.count))
    moments.sum = Array(values.suffix(widths[consumer]))
    moments.rows = rows(bucket: bucket, consumer: consumer, node: node)
    moments.weight = Double(moments.rows)
    return moments
  }
}

extension TensorView {
  fileprivate var doubles: [Double] { copied() }
  fileprivate var floats: [Float] { copied() }
  fileprivate var integers: [Int] { (copied() as [Int64]).map { Int($0) } }

  /// The elements, which may lie unaligned.
  private func copied<Element: BitwiseCopyable>() -> [Element] {
    withExtendedLifetime(owner) {
      [Element](unsafeUninitializedCapacity: elementCount) { buffer, count in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        count = elementCount
      }
    }
  }
}
