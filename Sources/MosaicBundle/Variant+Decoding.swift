internal import CMosaicProto
internal import MosaicCore
internal import MosaicProto

extension Manifest.Variant {
  /// A program this reader does not know is noted in `unsupported`; other variants stay usable.
  init(_ message: Mosaic__Variant) throws(BundleError.Reason) {
    let name = try checkedName(text(message.name), "a variant")
    let place = "variant '\(printable(name))'"
    guard let stored = message.program?.pointee else {
      throw .inconsistent(section: place, problem: "has no program")
    }
    var program = Program(
      inputs: [], outputShape: [], weights: [], values: [], instructions: [], arenaSize: 0)
    var unsupported: String?
    do {
      program = try Program(stored, place: place)
    } catch .unsupported(let kind, let name, _) {
      unsupported = "\(kind) '\(printable(name))'"
    }
    self.init(
      name: name, logSNRLower: message.log_snr_lower, logSNRUpper: message.log_snr_upper,
      program: program, weights: [], macsPerSample: try integer(message.macs_per_sample, place),
      sparsity: message.sparsity)
    self.unsupported = unsupported
    for source in list(message.weights, message.n_weights) {
      weights.append(
        Manifest.WeightSource(
          tensor: try integer(source.tensor, place), axis: Int(source.axis),
          runs: try Manifest.Run.all(source.runs, source.n_runs, place)))
    }
    for units in list(message.kept, message.n_kept) {
      kept.append(
        Manifest.KeptUnits(
          group: try integer(units.group, place),
          runs: try Manifest.Run.all(units.runs, units.n_runs, place)))
    }
  }
}

extension Manifest.Run {
  fileprivate static func all(
    _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Mosaic__Run>?>?, _ count: Int,
    _ place: String
  ) throws(BundleError.Reason) -> [Self] {
    var result: [Self] = []
    for run in list(pointer, count) {
      result.append(
        Self(start: try integer(run.start, place), count: try integer(run.count, place)))
    }
    return result
  }
}
