internal import CMosaicProto
internal import MosaicCore
internal import MosaicProto

extension Manifest {
  /// The manifest of an unpacked message whose bytes the wire scanner accepted.
  init(_ message: UnsafeMutablePointer<Mosaic__Manifest>) throws(BundleError.Reason) {
    guard let content = message.pointee.content?.pointee,
      let storage = message.pointee.storage?.pointee,
      let provenance = content.provenance?.pointee, let model = content.model?.pointee,
      let scheduler = content.scheduler?.pointee, let schedule = content.schedule?.pointee
    else {
      throw .inconsistent(section: "the manifest", problem: "lacks a part every bundle has")
    }
    try Self.checkCounts(content)
    self.init(
      generator: text(content.generator),
      provenance: Provenance(provenance, zstdVersion: text(storage.zstd_version)),
      model: try ModelDescription(model), scheduler: try SchedulerConfig(scheduler),
      graphText: text(content.graph_text), schedule: try Schedule(schedule))
    for group in list(content.groups, content.n_groups) { groups.append(try Group(group)) }
    for tensor in list(content.tensors, content.n_tensors) { tensors.append(try Tensor(tensor)) }
    chunks = try Chunk.all(
      list(content.chunks, content.n_chunks), list(storage.chunks, storage.n_chunks))
    for variant in list(content.variants, content.n_variants) {
      variants.append(try Variant(variant))
    }
    for curve in list(content.sensitivity, content.n_sensitivity) {
      sensitivity.append(try SensitivityCurve(curve))
    }
    if let stored = content.proof?.pointee { proof = try Proof(stored) }
    for plan in list(content.plans, content.n_plans) {
      plans.append(try SamplingPlan(plan, place: "plan \(plans.count)"))
    }
  }

  private static func checkCounts(_ content: Mosaic__Content) throws(BundleError.Reason) {
    let counts = [
      ("the number of chunks", content.n_chunks, BundleLimits.chunks),
      ("the number of tensors", content.n_tensors, BundleLimits.tensors),
      ("the number of variants", content.n_variants, BundleLimits.variants),
      ("the number of plans", content.n_plans, BundleLimits.plans),
    ]
    for (what, count, limit) in counts where count > limit {
      throw .limit(what: what, value: count, limit: limit)
    }
  }
}

extension Manifest.Provenance {
  fileprivate init(_ message: Mosaic__Provenance, zstdVersion: String) {
    self.init(
      sources: list(message.sources, message.n_sources).map {
        Source(name: text($0.name), sha256: array($0.sha256.data, $0.sha256.len))
      },
      seed: message.seed, arguments: texts(message.arguments, message.n_arguments),
      zstdVersion: zstdVersion)
  }
}

extension ModelDescription {
  fileprivate init(_ message: Mosaic__Model) throws(BundleError.Reason) {
    let place = "the model"
    let classInput = text(message.class_input)
    self.init(
      architecture: text(message.architecture),
      sampleShape: try shape(message.sample_shape, message.n_sample_shape, place),
      outputChannels: try integer(message.output_channels, place),
      hasLearnedSigma: message.has_learned_sigma != 0,
      classCount: try integer(message.class_count, place),
      nullClass: message.has_null_class != 0 ? try integer(message.null_class, place) : nil,
      classNames: texts(message.class_names, message.n_class_names),
      sampleInput: text(message.sample_input), timestepInput: text(message.timestep_input),
      classInput: classInput.isEmpty ? nil : classInput,
      conditioningInputs: texts(message.conditioning_inputs, message.n_conditioning_inputs),
      timestepScale: message.timestep_scale == 0 ? 1 : message.timestep_scale)
  }
}

extension Manifest.Group {
  fileprivate init(_ message: Mosaic__Group) throws(BundleError.Reason) {
    let name = text(message.name)
    let place = "group '\(printable(name))'"
    self.init(
      name: name, kind: text(message.kind), unitCount: try integer(message.unit_count, place),
      unitSize: try integer(message.unit_size, place),
      producers: texts(message.producers, message.n_producers), consumer: text(message.consumer),
      macsPerUnit: try integer(message.macs_per_unit, place),
      order: try integers(message.order, message.n_order, place))
  }
}
