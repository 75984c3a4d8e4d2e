internal import MosaicBundle
internal import MosaicCore
public import MosaicSurgery

/// A calibration in a file: what any budget, number of ranges or schedule can be solved from
/// without sampling again.
///
/// A safetensors file, so that any tool can look into it; `Formats/STATS.md` says what its tensors
/// are. The last one, which the type u8 makes it, holds the XXH64 of every other.
public struct StatisticsFile: Sendable {
  public static let version = "1"

  public var identity: CalibrationIdentity
  public var statistics: CalibrationStatistics
  /// Nil where only the moments were gathered: in shards, and in what they are merged to.
  public var sensitivity: SensitivitySamples?
  /// Searches for plans, as far as they came.
  public var plans: [PlanRecord]

  public init(
    identity: CalibrationIdentity, statistics: CalibrationStatistics,
    sensitivity: SensitivitySamples?, plans: [PlanRecord] = []
  ) {
    self.identity = identity
    self.statistics = statistics
    self.sensitivity = sensitivity
    self.plans = plans
  }

  /// The options that the calibration was made with, the rest as `options` has it.
  public func options(completing options: CalibrationOptions) -> CalibrationOptions {
    var result = options
    // Checked when the file was read.
    _ = result.take(from: identity)
    if let sensitivity { result.sensitivitySamples = sensitivity.count }
    return result
  }

  public var criterion: Criterion {
    identity["criterion"].flatMap(Criterion.init) ?? .obs
  }

  // MARK: Writing

  /// Writes the file, which appears whole or not at all. Equal calibrations give equal bytes.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String, replacing: Bool = true) throws {
    let checksums = ChecksumList()
    let items = items.map { item in
      SafetensorsWriter.Item(name: item.name, dataType: item.dataType, shape: item.shape) {
        let tensor = try item.bytes()
        checksums.add(tensor)
        return tensor
      }
    }
    let last = SafetensorsWriter.Item(
      name: Self.checksumName, dataType: .u8, shape: [items.count, 8]
    ) { checksums.tensor }
    try SafetensorsWriter.write(
      items + [last], metadata: metadata, to: path, replacing: replacing)
  }

  static let checksumName = "checksums"

  private var metadata: [(String, String)] {
    let leaves = statistics.leaves
    return [
      ("format", "mosaic.stats"), ("version", Self.version),
    ] + identity.fields.map { ($0.key, $0.value) } + [
      ("leaves", "\(leaves.lowerBound),\(leaves.upperBound)"),
      ("leaf_count", "\(statistics.leafCount)"),
      ("widths", statistics.widths.map { "\($0)" }.joined(separator: ",")),
      (
        "bucket_starts",
        statistics.buckets.map { "\($0.lowerBound)" }.joined(separator: ",")
      ),
    ] + plans.enumerated().map { (Self.settingsKey($0), $1.settings) }
  }

  /// The metadata that says what the search of a record of plans was asked for.
  static func settingsKey(_ number: Int) -> String { "plans.\(number)" }

  private var items: [SafetensorsWriter.Item] {
    var items: [SafetensorsWriter.Item] = []
    for bucket in statistics.buckets.indices {
      for (consumer, width) in statistics.widths.enumerated() {
        for (index, node) in statistics.nodes.enumerated() {
          items.append(
            SafetensorsWriter.Item(
              name: Self.momentName(bucket, consumer, node), dataType: .f64,
              shape: [width * (width + 1) / 2 + width]
            ) {
              let moments = try statistics.source.moments(
                bucket: bucket, consumer: consumer, node: index)
              return TensorView(
                moments.gram + moments.sum, shape: [moments.gram.count + moments.sum.count])
            })
        }
      }
    }
    func add(_ name: String, _ values: [Double], _ shape: [Int]) {
      items.append(
        SafetensorsWriter.Item(name: name, dataType: .f64, shape: shape) {
          TensorView(values, shape: shape)
        })
    }
    add(
      "final.sums", statistics.finals.flatMap { [$0.sum, $0.square, $0.count] },
      [statistics.finals.count, 3])
    if !statistics.finalSamples.isEmpty {
      items.append(
        SafetensorsWriter.Item(
          name: "final.samples", dataType: .f32, shape: [statistics.finalSamples.count]
        ) { TensorView(statistics.finalSamples, shape: [statistics.finalSamples.count]) })
    }
    let rows = statistics.buckets.indices.flatMap { bucket in
      statistics.widths.indices.flatMap { consumer in
        statistics.nodes.indices.map {
          Int64(statistics.source.rows(bucket: bucket, consumer: consumer, node: $0))
        }
      }
    }
    let rowShape = [
      statistics.buckets.count, statistics.widths.count, statistics.nodes.count,
    ]
    items.append(
      SafetensorsWriter.Item(name: "rows", dataType: .i64, shape: rowShape) {
        TensorView(rows, shape: rowShape)
      })
    if let sensitivity {
      let (steps, levels) = (sensitivity.steps, sensitivity.levels.count)
      add("sensitivity.errors", sensitivity.errors, [sensitivity.count, steps, levels])
      for (probe, products) in sensitivity.products.enumerated() {
        add("sensitivity.products.\(probe)", products, [sensitivity.count, steps, steps])
      }
      let gains = sensitivity.groupGains
      add(
        "sensitivity.group_gains", gains.flatMap { $0.flatMap { [$0.half, $0.whole] } },
        [gains.count, gains.first?.count ?? 0, 2])
    }
    for (number, record) in plans.enumerated() {
      let tensors = PlanTensors(record, number: number)
      for tensor in tensors.doubles {
        add(tensor.name, tensor.values, [tensor.values.count / tensor.columns, tensor.columns])
      }
      for tensor in tensors.integers {
        let shape = [tensor.values.count / tensor.columns, tensor.columns]
        items.append(
          SafetensorsWriter.Item(name: tensor.name, dataType: .i64, shape: shape) {
            TensorView(tensor.values, shape: shape)
          })
      }
    }
    return items
  }

  static func momentName(
    _ bucket: Int, _ consumer: Int, _ node: SummationNode
  ) -> String { "moments.\(bucket).\(consumer).\(node.level).\(node.index)" }
}

/// The checksums of tensors in the order they are written.
private final class ChecksumList {
  private var values: [UInt64] = []

  func add(_ tensor: TensorView) {
    values.append(withExtendedLifetime(tensor.owner) { xxh64(tensor.bytes) })
  }

  var tensor: TensorView {
    let bytes = values.map(\.littleEndian).withUnsafeBytes {
      OwnedBytes(copying: $0, count: $0.count)
    }
    return TensorView(
      dataType: .u8, shape: [values.count, 8], bytes: UnsafeRawBufferPointer(bytes.memory),
      owner: bytes)
  }
}
