internal import MosaicBundle
internal import MosaicCore
internal import Synchronization

/// The weights of a bundle's variants as the executor reads them.
///
/// Tensors of which several variants read rows are read once, cut where any of them begins or ends,
/// and rearranged piece by piece; variants are made of the pieces. The others are read with the
/// variant, those that it has in common with the one read before excepted.
final class VariantWeights: Sendable {
  private struct Held {
    /// Shared tensors that stay.
    var pieces: [Int: [PackedMatrix]] = [:]
    var tensors: [Int: FloatBuffer] = [:]
    /// Of the variant read last.
    var matrices: [Manifest.WeightSource: PackedMatrix] = [:]
    var buffers: [Manifest.WeightSource: FloatBuffer] = [:]
  }

  private let bundle: BundleReader
  private let precision: Precision
  /// By shared tensor: the rows where pieces begin, and the end of the last.
  private let cuts: [Int: [Int]]
  private let held = Mutex(Held())

  /// Bytes that are in memory both as stored and rearranged, while a variant is read.
  private static let groupBytes = 16 << 20

  init(_ bundle: BundleReader, precision: Precision) {
    self.bundle = bundle
    self.precision = precision
    cuts = SharedTensors.cuts(of: bundle)
  }

  /// - Parameter threads: How many read and rearrange.
  func load(_ variant: Manifest.Variant, threads: Int) throws -> [ProgramWeight] {
    try held.withLock { held in
      try load(variant, threads: threads, into: &held)
    }
  }

  private func load(
    _ variant: Manifest.Variant, threads: Int, into held: inout Held
  ) throws -> [ProgramWeight] {
    let matrices = variant.program.matrixWeights()
    let own = Set(variant.weights.filter { cuts[$0.tensor] == nil })
    held.matrices = held.matrices.filter { own.contains($0.key) }
    held.buffers = held.buffers.filter { own.contains($0.key) }
    var wanted: [Wanted] = []
    var seen: Set<Wanted> = []
    for (index, source) in variant.weights.enumerated() {
      let isShared = cuts[source.tensor] != nil
      let want = Wanted(
        source: isShared ? .init(tensor: source.tensor) : source, inner: matrices[index])
      if !isHeld(want, in: held), seen.insert(want).inserted { wanted.append(want) }
    }
    try read(wanted, threads: threads, into: &held)
    return variant.weights.enumerated().map { index, source in
      guard let inner = matrices[index] else { return .plain(rows(of: source, in: held)) }
      return .packed(matrix(of: source, inner: inner, in: held))
    }
  }

  /// What is to be read: as a matrix with rows of `inner` elements, or as it is.
  private struct Wanted: Hashable {
    var source: Manifest.WeightSource
    var inner: Int?
  }

  private func isHeld(_ want: Wanted, in held: Held) -> Bool {
    let (tensor, source) = (want.source.tensor, want.source)
    if cuts[tensor] != nil {
      return want.inner == nil ? held.tensors[tensor] != nil : held.pieces[tensor] != nil
    }
    return want.inner == nil ? held.buffers[source] != nil : held.matrices[source] != nil
  }

  // MARK: Reading

  /// Reads a group of weights at a time, so that little is in memory twice.
  private func read(
    _ wanted: [Wanted], threads: Int, into held: inout Held
  ) throws(BundleError) {
    var rest = wanted[...]
    while !rest.isEmpty {
      var bytes = 0
      let group = rest.prefix { want in
        let isFirst = bytes == 0
        bytes += 4 * bundle.manifest.elementCount(of: want.source)
        return isFirst || bytes <= Self.groupBytes
      }
      rest = rest.dropFirst(group.count)
      try readGroup(Array(group), threads: threads, into: &held)
    }
  }

  private func readGroup(
    _ wanted: [Wanted], threads: Int, into held: inout Held
  ) throws(BundleError) {
    let manifest = bundle.manifest
    // A tensor may be wanted both ways; it is read once.
    let sources = Array(Set(wanted.map(\.source)))
    let loaded = try FloatBuffer.filled(counts: sources.map { manifest.elementCount(of: $0) }) {
      buffers throws(BundleError) in
      try bundle.loadFloats(Array(zip(sources, buffers)), threads: threads)
    }
    let buffers = Dictionary(uniqueKeysWithValues: zip(sources, loaded))
    for want in wanted {
      guard let buffer = buffers[want.source] else { continue }
      let tensor = want.source.tensor
      switch (want.inner, cuts[tensor]) {
      case (nil, nil): held.buffers[want.source] = buffer
      case (nil, _?): held.tensors[tensor] = buffer
      case (let inner?, nil):
        held.matrices[want.source] = PackedMatrix(
          WeightRows(buffer), inner: inner, precision: precision, threads: threads)
      case (let inner?, let cuts?):
        held.pieces[tensor] = zip(cuts, cuts.dropFirst()).map { start, end in
          PackedMatrix(
            WeightRows(buffer, runs: [.init(start: start, count: end - start)], width: inner),
            inner: inner, precision: precision, threads: threads)
        }
      }
    }
  }

  // MARK: Composing

  private func matrix(
    of source: Manifest.WeightSource, inner: Int, in held: Held
  ) -> PackedMatrix {
    guard let cuts = cuts[source.tensor], let pieces = held.pieces[source.tensor] else {
      guard let matrix = held.matrices[source] else { preconditionFailure("it was just read") }
      return matrix
    }
    guard !source.runs.isEmpty else {
      return PackedMatrix(joining: pieces, inner: inner, precision: precision)
    }
    let parts = source.runs.flatMap { run in
      zip(cuts, pieces).filter { $0.0 >= run.start && $0.0 < run.start + run.count }.map(\.1)
    }
    return PackedMatrix(joining: parts, inner: inner, precision: precision)
  }

  private func rows(of source: Manifest.WeightSource, in held: Held) -> WeightRows {
    guard cuts[source.tensor] != nil, let buffer = held.tensors[source.tensor] else {
      guard let buffer = held.buffers[source] else { preconditionFailure("it was just read") }
      return WeightRows(buffer)
    }
    guard !source.runs.isEmpty else { return WeightRows(buffer) }
    let width = bundle.manifest.tensors[source.tensor].shape.dropFirst().reduce(1, *)
    let rows = WeightRows(buffer, runs: source.runs, width: width)
    return source.runs.count == 1 ? rows : WeightRows(rows.gathered())
  }
}

extension Manifest {
  /// Of what a checked source gives.
  func elementCount(of source: WeightSource) -> Int {
    var shape = tensors[source.tensor].shape
    if !source.runs.isEmpty { shape[source.axis] = source.runs.reduce(0) { $0 + $1.count } }
    return MosaicCore.elementCount(of: shape) ?? 0
  }
}
