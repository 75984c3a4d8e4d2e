internal import CMosaicProto

extension Manifest.Variant {
  func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Variant> {
    let result = arena.message(mosaic__variant__init)
    result.pointee.name = arena.string(name)
    result.pointee.log_snr_lower = logSNRLower
    result.pointee.log_snr_upper = logSNRUpper
    result.pointee.program = program.message(in: arena)
    result.pointee.n_weights = weights.count
    result.pointee.weights = arena.list(weights) { source in
      let message = arena.message(mosaic__weight_source__init)
      message.pointee.tensor = arena.unsigned(source.tensor)
      message.pointee.axis = UInt32(clamping: arena.unsigned(source.axis))
      message.pointee.n_runs = source.runs.count
      message.pointee.runs = arena.list(source.runs) { $0.message(in: arena) }
      return message
    }
    result.pointee.n_kept = kept.count
    result.pointee.kept = arena.list(kept) { units in
      let message = arena.message(mosaic__kept_units__init)
      message.pointee.group = arena.unsigned(units.group)
      message.pointee.n_runs = units.runs.count
      message.pointee.runs = arena.list(units.runs) { $0.message(in: arena) }
      return message
    }
    result.pointee.macs_per_sample = arena.unsigned(macsPerSample)
    result.pointee.sparsity = sparsity
    return result
  }
}

extension Manifest.Run {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Run> {
    let result = arena.message(mosaic__run__init)
    result.pointee.start = arena.unsigned(start)
    result.pointee.count = arena.unsigned(count)
    return result
  }
}
