internal import CMosaicProto
internal import MosaicCore

extension Manifest {
  /// The protobuf message of the manifest.
  ///
  /// - Throws: Where a text holds NUL or a count is negative.
  func encoded() throws(BundleError.Reason) -> OwnedBytes {
    let arena = ProtoArena()
    defer { withExtendedLifetime(arena) {} }
    let message = arena.message(mosaic__manifest__init)
    message.pointee.content = content(in: arena)
    message.pointee.storage = storage(in: arena)
    if let problem = arena.problem { throw problem }
    let bytes = OwnedBytes(count: mosaic__manifest__get_packed_size(message))
    _ = mosaic__manifest__pack(
      message, bytes.memory.baseAddress?.assumingMemoryBound(to: UInt8.self))
    return bytes
  }

  private func content(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Content> {
    let result = arena.message(mosaic__content__init)
    result.pointee.generator = arena.string(generator)
    result.pointee.provenance = provenance.message(in: arena)
    result.pointee.model = model.message(in: arena)
    result.pointee.scheduler = scheduler.message(in: arena)
    result.pointee.graph_text = arena.string(graphText)
    result.pointee.n_groups = groups.count
    result.pointee.groups = arena.list(groups) { $0.message(in: arena) }
    result.pointee.n_tensors = tensors.count
    result.pointee.tensors = arena.list(tensors) { $0.message(in: arena) }
    result.pointee.n_chunks = chunks.count
    result.pointee.chunks = arena.list(chunks) { $0.contentMessage(in: arena) }
    result.pointee.n_variants = variants.count
    result.pointee.variants = arena.list(variants) { $0.message(in: arena) }
    result.pointee.schedule = schedule.message(in: arena)
    result.pointee.n_sensitivity = sensitivity.count
    result.pointee.sensitivity = arena.list(sensitivity) { $0.message(in: arena) }
    result.pointee.proof = proof?.message(in: arena)
    result.pointee.n_plans = plans.count
    result.pointee.plans = arena.list(plans) { $0.message(in: arena) }
    return result
  }

  private func storage(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Storage> {
    let result = arena.message(mosaic__storage__init)
    result.pointee.zstd_version = arena.string(provenance.zstdVersion)
    result.pointee.n_chunks = chunks.count
    result.pointee.chunks = arena.list(chunks) { $0.storageMessage(in: arena) }
    return result
  }
}

extension Manifest.Provenance {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Provenance> {
    let result = arena.message(mosaic__provenance__init)
    result.pointee.n_sources = sources.count
    result.pointee.sources = arena.list(sources) { source in
      let message = arena.message(mosaic__source__init)
      message.pointee.name = arena.string(source.name)
      message.pointee.sha256 = .init(len: source.sha256.count, data: arena.bytes(source.sha256))
      return message
    }
    result.pointee.seed = seed
    result.pointee.n_arguments = arguments.count
    result.pointee.arguments = arena.strings(arguments)
    return result
  }
}

extension ModelDescription {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Model> {
    let result = arena.message(mosaic__model__init)
    result.pointee.architecture = arena.string(architecture)
    result.pointee.n_sample_shape = sampleShape.count
    result.pointee.sample_shape = arena.integers(sampleShape)
    result.pointee.output_channels = arena.unsigned(outputChannels)
    result.pointee.has_learned_sigma = hasLearnedSigma ? 1 : 0
    result.pointee.class_count = arena.unsigned(classCount)
    result.pointee.has_null_class = nullClass == nil ? 0 : 1
    result.pointee.null_class = arena.unsigned(nullClass ?? 0)
    result.pointee.n_class_names = classNames.count
    result.pointee.class_names = arena.strings(classNames)
    result.pointee.sample_input = arena.string(sampleInput)
    result.pointee.timestep_input = arena.string(timestepInput)
    result.pointee.class_input = arena.string(classInput ?? "")
    result.pointee.n_conditioning_inputs = conditioningInputs.count
    result.pointee.conditioning_inputs = arena.strings(conditioningInputs)
    result.pointee.timestep_scale = timestepScale == 1 ? 0 : timestepScale
    return result
  }
}

extension Manifest.Group {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Group> {
    let result = arena.message(mosaic__group__init)
    result.pointee.name = arena.string(name)
    result.pointee.kind = arena.string(kind)
    result.pointee.unit_count = arena.unsigned(unitCount)
    result.pointee.unit_size = arena.unsigned(unitSize)
    result.pointee.n_producers = producers.count
    result.pointee.producers = arena.strings(producers)
    result.pointee.consumer = arena.string(consumer)
    result.pointee.macs_per_unit = arena.unsigned(macsPerUnit)
    result.pointee.n_order = order.count
    result.pointee.order = arena.integers(order)
    return result
  }
}
