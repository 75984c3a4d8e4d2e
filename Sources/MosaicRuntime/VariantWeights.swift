internal import MosaicBundle
internal import MosaicCore

/// The weights of one variant of a bundle at a time. Tensors of which several variants read rows
/// are read once, and variants point into them; the others are read with the variant.
struct VariantWeights {
  private let bundle: BundleReader
  private let threads: Int
  /// Tensors that stay, whole.
  private let shared: Set<Int>
  private var buffers: [Manifest.WeightSource: FloatBuffer] = [:]

  /// Beyond so many runs, rows are copied to one place: a product a run would be slow.
  private static let mostRuns = 4

  init(_ bundle: BundleReader, threads: Int) {
    self.bundle = bundle
    self.threads = threads
    shared = Self.sharedTensors(of: bundle)
  }

  /// The weights of a variant of the bundle; those of the one before are dropped unless shared.
  mutating func load(_ variant: Manifest.Variant) throws(BundleError) -> [WeightRows] {
    let wanted = variant.weights.map { shared.contains($0.tensor) ? .init(tensor: $0.tensor) : $0 }
    let needed = Set(wanted)
    buffers = buffers.filter { shared.contains($0.key.tensor) || needed.contains($0.key) }
    try read(wanted)
    let readByRows = variant.program.weightsReadByRows()
    return zip(variant.weights, wanted).enumerated().compactMap { index, sources in
      let (source, wanted) = sources
      guard let buffer = buffers[wanted] else { return nil }
      if source == wanted || source.runs.isEmpty { return WeightRows(buffer) }
      let width = bundle.manifest.tensors[source.tensor].shape.dropFirst().reduce(1, *)
      let rows = WeightRows(buffer, runs: source.runs, width: width)
      let stays =
        source.runs.count == 1
        || (source.runs.count <= Self.mostRuns && readByRows.contains(index))
      return stays ? rows : WeightRows(rows.gathered())
    }
  }

  /// Reads what is not in memory.
  private mutating func read(_ wanted: [Manifest.WeightSource]) throws(BundleError) {
    var missing: [Manifest.WeightSource] = []
    var seen: Set<Manifest.WeightSource> = []
    for source in wanted where buffers[source] == nil && seen.insert(source).inserted {
      missing.append(source)
    }
    let manifest = bundle.manifest
    let loaded = try FloatBuffer.filled(counts: missing.map { manifest.elementCount(of: $0) }) {
      buffers throws(BundleError) in
      try bundle.loadFloats(Array(zip(missing, buffers)), threads: threads)
    }
    for (source, buffer) in zip(missing, loaded) { buffers[source] = buffer }
  }

  /// Tensors that are read in more than one way, all of them by rows; none where they and a
  /// variant would take more memory than the bundle may.
  private static func sharedTensors(of bundle: BundleReader) -> Set<Int> {
    let manifest = bundle.manifest
    // Of the others, nothing has been checked.
    let variants = manifest.variants.filter { $0.unsupported == nil }
    var ways: [Int: Set<Manifest.WeightSource>] = [:]
    for source in variants.flatMap(\.weights) {
      ways[source.tensor, default: []].insert(source)
    }
    let shared = ways.filter { _, sources in
      sources.count > 1 && sources.allSatisfy { $0.axis == 0 || $0.runs.isEmpty }
    }
    var elements = shared.keys.reduce(0) { $0 + manifest.elementCount(of: .init(tensor: $1)) }
    // Copied rows included, as if all were.
    elements +=
      variants.map { variant in
        variant.weights.reduce(variant.program.arenaSize) { $0 + manifest.elementCount(of: $1) }
      }.max() ?? 0
    return 4 * elements <= bundle.memoryLimit ? Set(shared.keys) : []
  }
}

extension Manifest {
  /// Of what a checked source gives.
  fileprivate func elementCount(of source: WeightSource) -> Int {
    var shape = tensors[source.tensor].shape
    if !source.runs.isEmpty { shape[source.axis] = source.runs.reduce(0) { $0 + $1.count } }
    return MosaicCore.elementCount(of: shape) ?? 0
  }
}
