internal import MosaicBundle
internal import MosaicCore

/// Which of a bundle's tensors stay in memory whole, because variants read rows of them in more than
/// one way.
enum SharedTensors {
  /// By tensor: the rows at which some variant's rows begin or end, the first and the end included.
  ///
  /// None where they and a variant would take more memory than the bundle may.
  static func cuts(of bundle: BundleReader) -> [Int: [Int]] {
    let manifest = bundle.manifest
    // Of the others, nothing has been checked.
    let variants = manifest.variants.filter { $0.unsupported == nil }
    var ways: [Int: Set<Manifest.WeightSource>] = [:]
    for source in variants.flatMap(\.weights) {
      ways[source.tensor, default: []].insert(source)
    }
    var cuts: [Int: [Int]] = [:]
    for (tensor, sources) in ways
    where sources.count > 1 && sources.allSatisfy({ $0.axis == 0 || $0.runs.isEmpty }) {
      guard let rows = manifest.tensors[tensor].shape.first else { continue }
      let edges = sources.flatMap(\.runs).flatMap { [$0.start, $0.start + $0.count] }
      let places = Set(edges + [0, rows]).sorted()
      // A piece costs half a panel of zeros; where there are many, rows are copied instead.
      if places.count <= mostPieces + 1 || places.count * 128 <= rows { cuts[tensor] = places }
    }
    var elements = cuts.keys.reduce(0) { $0 + manifest.elementCount(of: .init(tensor: $1)) }
    // Copied rows included, as if all were.
    elements +=
      variants.map { variant in
        variant.weights.reduce(variant.program.arenaSize) { $0 + manifest.elementCount(of: $1) }
      }.max() ?? 0
    return 4 * elements <= bundle.memoryLimit ? cuts : [:]
  }

  /// Of any tensor, however few rows it has.
  private static let mostPieces = 8
}
